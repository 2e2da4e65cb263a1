package projector

import "offprint/schema"

// keyOf is r.Record().Key() without encoding r.
func keyOf(r schema.Resource) schema.RecordKey {
	key := func(kind schema.Kind, b *schema.Base) schema.RecordKey {
		return schema.RecordKey{Account: b.Account, Kind: kind, ID: b.ID}
	}
	switch r := r.(type) {
	case *schema.Product:
		return key(schema.Products, &r.Base)
	case *schema.Package:
		return key(schema.Packages, &r.Base)
	case *schema.Release:
		return key(schema.Releases, &r.Base)
	case *schema.Artifact:
		return key(schema.Artifacts, &r.Base)
	case *schema.License:
		return key(schema.Licenses, &r.Base)
	case *schema.Token:
		return key(schema.Tokens, &r.Base)
	}
	return r.Record().Key()
}
