package serve

import (
	"bytes"

	"github.com/google/uuid"

	"offprint/schema/principal"
)

// Refusals that do not depend on an engine. Engines translate them into their
// protocol's own error.
var (
	noAccount   = principal.Refusal{Status: 404, Code: "NOT_FOUND", Detail: "the account was not found"}
	inactive    = principal.Refusal{Status: 403, Code: "ACCOUNT_INACTIVE", Detail: "the account is not active"}
	unconfirmed = principal.Refusal{Status: 503, Code: "UNAVAILABLE", Detail: "access rights cannot be confirmed right now, try again in a second"}
	trouble     = principal.Refusal{Status: 503, Code: "UNAVAILABLE", Detail: "the index cannot be read right now, try again in a second"}

	suspended = principal.Refusal{Status: 403, Code: "LICENSE_SUSPENDED", Detail: "the license is suspended"}
	banned    = principal.Refusal{Status: 403, Code: "LICENSE_BANNED", Detail: "the license is banned"}
)

// deadRefusal is the refusal for a thing that only a license in this state
// would allow.
func deadRefusal(code string) *principal.Refusal {
	if code == "LICENSE_BANNED" {
		return &banned
	}
	return &suspended
}

// RequestID is the id of this request for error bodies: the client's
// X-Request-Id if it is a UUID, else a new one. It is sent back.
func (r *Request) RequestID() string {
	id, err := uuid.ParseBytes(bytes.TrimSpace(r.RequestCtx.Request.Header.Peek("X-Request-Id")))
	if err != nil {
		id = uuid.Must(uuid.NewV7())
	}
	s := id.String()
	r.Response.Header.Set("X-Request-Id", s)
	return s
}
