package main

import (
	"fmt"
	"time"

	"offprint/projector"
	projectoci "offprint/projector/oci"
	"offprint/schema"
	"offprint/serve"
	serveoci "offprint/serve/oci"
)

// ociFlags are what an operator can set of the OCI engine.
type ociFlags struct {
	OCIMaxLayer int64         `name:"oci-max-layer" default:"5368709120" placeholder:"BYTES" help:"Largest blob in an image layout."`
	OCIMaxTotal int64         `name:"oci-max-total" default:"21474836480" placeholder:"BYTES" help:"Largest image layout, after decompression."`
	OCITokenTTL time.Duration `name:"oci-token-ttl" default:"5m" help:"How long a registry's bearer token is good for, 1m to 1h. Rights are decided at each request all the same."`
}

func (f *ociFlags) resolve() error {
	switch {
	case f.OCIMaxLayer < 0 || f.OCIMaxTotal < 0:
		return fmt.Errorf("--oci-max-layer, --oci-max-total: must not be negative")
	case f.OCITokenTTL != 0 && (f.OCITokenTTL < time.Minute || f.OCITokenTTL > time.Hour):
		return fmt.Errorf("--oci-token-ttl %v: must be 1m to 1h", f.OCITokenTTL)
	}
	return nil
}

// projectorEngines gives the engines with the operator's limits.
func (f *ociFlags) projectorEngines() projector.Engines {
	table := projectorEngines()
	table[schema.OCIEngine] = projectoci.Engine(projectoci.Limits{Layer: f.OCIMaxLayer, Total: f.OCIMaxTotal})
	return table
}

// served is an engine with the operator's settings.
func (f *ociFlags) served(e *serve.Engine) *serve.Engine {
	if e.Key == schema.OCIEngine {
		return serveoci.New(f.OCITokenTTL)
	}
	return e
}
