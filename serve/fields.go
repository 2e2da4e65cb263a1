package serve

// fields are the header fields that nearly every request is asked for, found in
// one walk over all.
type fields struct {
	found         bool
	authorization [2][]byte // no more than two are of interest
	authorized    int       // how many there are of them
	accept        []byte    // the first line
	accepts       int
	encoding      []byte // Accept-Encoding, the first line
	match         []byte // If-None-Match, the first line
}

// header gives the fields. Names are in their usual spelling, the HTTP server
// sees to that.
func (r *Request) header() *fields {
	f := &r.fields
	if f.found {
		return f
	}
	*f = fields{found: true}
	for name, value := range r.RequestCtx.Request.Header.All() {
		switch string(name) {
		case "Accept":
			if f.accepts++; f.accepts == 1 {
				f.accept = value
			}
		case "Authorization":
			if f.authorized < len(f.authorization) {
				f.authorization[f.authorized] = value
				f.authorized++
			}
		case "Accept-Encoding":
			if f.encoding == nil {
				f.encoding = value
			}
		case "If-None-Match":
			if f.match == nil {
				f.match = value
			}
		}
	}
	return f
}

// Accept gives the lines of the Accept field. The slice is good until the next
// call.
func (r *Request) Accept() [][]byte {
	f := r.header()
	if f.accepts > 1 {
		return r.RequestCtx.Request.Header.PeekAll("Accept")
	}
	r.acceptLine[0] = f.accept
	return r.acceptLine[:f.accepts]
}
