package schema

// NoticeSubject is where change notices travel on core NATS. They are internal
// to a cluster of servers and may change between versions.
const NoticeSubject = "offprint.notice"

// Notice says what one commit changed. A server that holds anything derived
// from one of the keys drops it. Lost notices are made up for by comparing
// cursors.
type Notice struct {
	Log     string      `json:"log"` // "releases" or "access"
	From    uint64      `json:"from"`
	To      uint64      `json:"to"`
	Docs    []string    `json:"docs,omitempty"`
	Records []RecordKey `json:"records,omitempty"`
	// All says that too much changed to list: drop everything.
	All bool `json:"all,omitempty"`
}
