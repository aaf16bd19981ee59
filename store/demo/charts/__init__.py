"""The charts of the made-up site, one TOML file each; `store.demo.site` reads them."""
