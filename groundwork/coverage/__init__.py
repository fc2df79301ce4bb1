"""Coverage: which sentences, table rows and numbers of a document are asked about, and the page that shows it."""
