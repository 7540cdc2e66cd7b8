"""The pieces of walking: what a step reads like, what may be pressed, what a signature covers, who may act."""
