"""From the bytes of a file to its text: unpacked, decoded, without characters that nobody sees."""
