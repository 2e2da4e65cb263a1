package ingest

// uploadRoutes: publishing-api.md section 8. The URL itself is the credential,
// and whoever sends bytes to it need not know anything of the API.
var uploadRoutes = []route{
	{method: "PUT", pattern: "uploads/{upload}", handler: (*API).upload, auth: none, noAccount: true, anyAccept: true},
}
