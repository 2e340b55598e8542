"""Every feed is four functions: skeleton (which posts may belong), hydrate (one batch read per noun), rules (the one
visibility policy) and present (views). The shape is that of Bluesky's app view.
"""
