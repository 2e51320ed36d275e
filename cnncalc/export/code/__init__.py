"""Networks as code: what the frameworks that have layers, blocks and names share."""
