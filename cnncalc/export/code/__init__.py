"""Networks as code: the parts shared by all frameworks with layers, blocks and names."""
