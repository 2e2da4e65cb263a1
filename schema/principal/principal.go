// Package principal finds out who calls.
//
// [Parse] reads the credential that a request presents, in any of its forms,
// without a look at any store. A [Book] turns it into [schema.Rights]: one
// keyed digest, one map access; the store is asked on a miss only. Rights are
// judged anew at every request: what expires by the clock does so without any
// event.
package principal

// Form is how a credential was presented.
type Form byte

// The forms.
const (
	NoForm       Form = iota
	TokenForm         // Bearer, Token, Basic token:<token>, Basic <token>:x, query
	KeyForm           // License, Basic license:<key>, query license:<key>
	PasswordForm      // Basic <email>:<password>, only where Parse is told to
)

// Presented is a credential as a request gave it. Its bytes belong to the
// request: nothing of it may be kept, logged or shown.
type Presented struct {
	Form   Form
	Secret []byte // token, key or password
	User   []byte // the e-mail of PasswordForm
}

// None says that the request is anonymous.
func (p Presented) None() bool { return p.Form == NoForm }

// Refusal is why a credential does not count: access.md section 3. Values are
// shared and must not be changed.
type Refusal struct {
	Status int    // 400, 401 or 403
	Code   string // TOKEN_INVALID, LICENSE_SUSPENDED, …
	Title  string // of JSON:API errors; "" for the status's own
	Detail string // one sentence for the caller; holds no secret
}

// Error implements error.
func (r *Refusal) Error() string { return r.Code + ": " + r.Detail }
