"""What the reproductions of published systems share: rows as files, processes, tables, vectors."""
