"""The text stage `sentence`: one vector a text, by a sentence encoder."""
