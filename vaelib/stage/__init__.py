"""The live parts of the book's pages: their JavaScript, and what of it Python makes."""
