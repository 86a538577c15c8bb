"""The findings of diagrams, one module per noun; `engine.spiff.check` asks them all."""
