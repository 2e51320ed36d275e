"""Results -> text: tables, JSON, CSV, Markdown, LaTeX, messages. The only place with glyphs, units and colour."""
