"""Reports: the catalog of figures (`catalog`), running and publishing them (`run`, `publish`), views and exports."""
