"""HTTP: one thin file a noun. Routes parse, call one function of the service, and answer."""
