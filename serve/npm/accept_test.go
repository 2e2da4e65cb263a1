package npm

import "testing"

// TestInstallingIsAbbreviated: the header that is known by heart means what
// reading it gives.
func TestInstallingIsAbbreviated(t *testing.T) {
	var a accept
	a.reset()
	a.read(installing)
	if a.form() != abbreviated {
		t.Errorf("%+v", a)
	}
}
