"""What the built book needs beyond _config.yml, as a Sphinx extension."""


def setup(app):
    """Register the hooks."""
    app.connect("config-inited", drop_launch_button_without_address)
    return {"parallel_read_safe": True, "parallel_write_safe": True}


def drop_launch_button_without_address(_app, config):
    """Leave the Colab button out while _config.yml names no repository (the theme would crash)."""
    if not config.html_theme_options.get("repository_url"):
        config.html_theme_options.pop("launch_buttons", None)
