"""The contracts, generated from the code and committed, so that a change to them shows in review.

`events/<type>.json` is what a fact says (JSON Schema 2020-12), `headers.json` its envelope,
`<service>.asyncapi.json` who tells what on which topic (AsyncAPI 3.0) and
`<service>.openapi.json` what a service answers over HTTP. `make contracts` writes them anew.
"""
