package principal

// The refusals of a credential (access.md section 3). An invented credential
// and another account's get the same one.
var (
	twoHeaders = Refusal{Status: 400, Code: "PARAMETERS_INVALID", Detail: "the request has more than one Authorization header, send exactly one"}

	badBasic     = Refusal{Status: 401, Code: "TOKEN_INVALID", Detail: "the Basic credential cannot be read: it must be the base64 of license:KEY or token:TOKEN"}
	badToken     = Refusal{Status: 401, Code: "TOKEN_INVALID", Detail: "the token is not valid for this account"}
	tokenIsID    = Refusal{Status: 401, Code: "TOKEN_FORMAT_INVALID", Detail: "the token is a UUID: send the token itself, not the id of a token or license"}
	tokenExpired = Refusal{Status: 401, Code: "TOKEN_EXPIRED", Detail: "the token has expired, a new one is needed"}
	badKey       = Refusal{Status: 401, Code: "LICENSE_INVALID", Detail: "the license key is not valid for this account"}
	badPassword  = Refusal{Status: 401, Code: "CREDENTIALS_INVALID", Detail: "the e-mail or the password is wrong"}

	userBanned     = Refusal{Status: 403, Code: "USER_BANNED", Detail: "the user of this token is banned"}
	ownerBanned    = Refusal{Status: 403, Code: "USER_BANNED", Detail: "the user who owns the license of this token is banned"}
	licenseBanned  = Refusal{Status: 403, Code: "LICENSE_BANNED", Detail: "the license is banned, because the user who owns it is"}
	suspended      = Refusal{Status: 403, Code: "LICENSE_SUSPENDED", Detail: "the license is suspended"}
	expired        = Refusal{Status: 403, Code: "LICENSE_EXPIRED", Detail: "the license has expired, renew it to get access again"}
	keyForbidden   = Refusal{Status: 403, Code: "LICENSE_NOT_ALLOWED", Detail: "the policy of this license does not allow its key as a credential"}
	tokenForbidden = Refusal{Status: 403, Code: "TOKEN_NOT_ALLOWED", Detail: "the policy of this license does not allow its tokens as a credential"}
)
