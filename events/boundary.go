package events

// Boundary is the filter of the expected-sequence header: the set of events
// that a command's decision must have seen. All writers of a boundary must use
// the identical text, because a replicated stream compares writes in flight by
// it.
type Boundary struct {
	Log    Log
	Filter string
}

// Boundary of the event that s names. See the table in the description of
// writing: account names, one package, package-less releases of a product, one
// license, one token, one policy; all users of an account share one.
func (s Subject) Boundary() Boundary {
	if s.Log == Access {
		if s.Kind.Noun() == "user" {
			return Boundary{Access, "access." + s.Account + ".user.>"}
		}
		return Boundary{Access, "access." + s.Account + "." + s.Kind.Noun() + "." + blank(s.ID) + ".>"}
	}
	switch {
	case s.Package != "":
		return Boundary{Releases, "releases." + s.Account + ".*." + PackageToken(s.Package) + ".>"}
	case s.Product != "":
		return Boundary{Releases, "releases." + s.Account + "." + s.Product + "._.>"}
	}
	return Boundary{Releases, "releases." + s.Account + "._._.>"}
}
