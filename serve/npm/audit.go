package npm

import (
	"io"

	"offprint/schema/principal"
	"offprint/serve"
)

// maxAudit bounds the body of an audit request, coded or not: it is not read
// for its content.
const maxAudit = 16 << 20

const emptyAudit = `{"actions":[],"advisories":{},"muted":[],"metadata":{"vulnerabilities":{"info":0,"low":0,"moderate":0,"high":0,"critical":0},` +
	`"dependencies":0,"devDependencies":0,"optionalDependencies":0,"totalDependencies":0}}`

func serveBulk(r *serve.Request, _ *plan) *principal.Refusal { return ignoreBody(r, "{}") }

func serveAudit(r *serve.Request, _ *plan) *principal.Refusal { return ignoreBody(r, emptyAudit) }

// ignoreBody reads the body away, so that the connection can be used again, and
// answers that there is nothing to say.
func ignoreBody(r *serve.Request, answer string) *principal.Refusal {
	if r.RequestCtx.Request.Header.ContentLength() > maxAudit {
		return &tooLarge
	}
	if stream := r.RequestBodyStream(); stream != nil {
		n, err := io.Copy(io.Discard, io.LimitReader(stream, maxAudit+1))
		if err != nil || n > maxAudit {
			return &tooLarge
		}
	}
	return r.AnswerBytes(mediaFull, []byte(answer), 0)
}
