"""Forms of the workspace; each ends in what its verb takes."""
