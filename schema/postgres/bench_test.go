package postgres

import (
	"testing"

	"offprint/schema/postgres/pgtest"
	"offprint/schema/schematest"
)

func BenchmarkStore(b *testing.B) {
	s, err := Open(b.Context(), pgtest.Start(b, pgtest.Sync))
	if err != nil {
		b.Fatal(err)
	}
	defer s.Close()
	schematest.Bench(b, s)
}
