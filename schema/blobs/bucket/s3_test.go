package bucket

import (
	"bytes"
	"crypto/rand"
	"encoding/xml"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// s3Server is as much of S3's protocol as the driver speaks, for one bucket.
// https://docs.aws.amazon.com/AmazonS3/latest/API/API_Operations_Amazon_Simple_Storage_Service.html
type s3Server struct {
	mu       sync.Mutex
	objects  map[string][]byte
	modified map[string]time.Time
	uploads  map[string]map[int][]byte // parts by number
	did      []string                  // operation and key, without random parts
	refuse   string                    // operation that is forbidden
}

func newS3(t *testing.T) *s3Server {
	for name, value := range map[string]string{"AWS_ACCESS_KEY_ID": "id", "AWS_SECRET_ACCESS_KEY": "secret", "AWS_EC2_METADATA_DISABLED": "true",
		"AWS_CONFIG_FILE": "/dev/null", "AWS_SHARED_CREDENTIALS_FILE": "/dev/null"} {
		t.Setenv(name, value)
	}
	return &s3Server{objects: map[string][]byte{}, modified: map[string]time.Time{}, uploads: map[string]map[int][]byte{}}
}

// url starts the server and gives the bucket's URL.
func (f *s3Server) url(t *testing.T) string {
	server := httptest.NewServer(f)
	t.Cleanup(server.Close)
	return "s3://bucket?region=eu-central-1&use_path_style=true&endpoint=" + url.QueryEscape(server.URL)
}

func (f *s3Server) open(t *testing.T, more string) *Bucket {
	t.Helper()
	b, err := Open(t.Context(), f.url(t)+more)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { b.Close() })
	return b
}

// keys lists objects, and uploads that never ended.
func (f *s3Server) keys() []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	var list []string
	for key := range f.objects {
		list = append(list, key)
	}
	for id := range f.uploads {
		list = append(list, "upload "+id)
	}
	slices.Sort(list)
	return list
}

// done lists the operations so far, and forgets them.
func (f *s3Server) done() []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	did := f.did
	f.did = nil
	return did
}

// operation names a request.
func operation(r *http.Request) string {
	q := r.URL.Query()
	switch {
	case r.Method == "PUT" && q.Has("partNumber"):
		return "part"
	case r.Method == "PUT" && r.Header.Get("X-Amz-Copy-Source") != "":
		return "copy"
	case r.Method == "POST" && q.Has("uploads"):
		return "begin"
	case r.Method == "POST" && q.Has("uploadId"):
		return "complete"
	case r.Method == "DELETE" && q.Has("uploadId"):
		return "abort"
	case r.Method == "GET" && q.Get("list-type") == "2":
		return "list"
	}
	return strings.ToLower(r.Method)
}

// ServeHTTP implements http.Handler.
func (f *s3Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	key := strings.TrimPrefix(strings.TrimPrefix(r.URL.Path, "/bucket"), "/")
	f.mu.Lock()
	defer f.mu.Unlock()
	op := operation(r)
	if op != "list" && op != "head" {
		folder, _, _ := strings.Cut(key, "/")
		f.did = append(f.did, op+" "+folder)
	}
	if op == f.refuse {
		w.WriteHeader(http.StatusForbidden)
		io.WriteString(w, "<Error><Code>AccessDenied</Code><Message>not allowed</Message></Error>")
		return
	}
	q := r.URL.Query()
	switch op {
	case "list":
		f.list(w, q.Get("prefix"))
	case "put":
		f.put(key, body)
	case "copy":
		source, _ := url.QueryUnescape(r.Header.Get("X-Amz-Copy-Source"))
		f.put(key, f.objects[strings.TrimPrefix(source, "bucket/")])
		io.WriteString(w, "<CopyObjectResult><ETag>e</ETag></CopyObjectResult>")
	case "begin":
		id := rand.Text()
		f.uploads[id] = map[int][]byte{}
		fmt.Fprintf(w, "<InitiateMultipartUploadResult><UploadId>%s</UploadId></InitiateMultipartUploadResult>", id)
	case "part":
		n, _ := strconv.Atoi(q.Get("partNumber"))
		parts := f.uploads[q.Get("uploadId")]
		if parts == nil { // it was aborted
			w.WriteHeader(http.StatusNotFound)
			return
		}
		parts[n] = body
		w.Header().Set("ETag", "e")
	case "complete":
		f.put(key, f.complete(q.Get("uploadId")))
		io.WriteString(w, "<CompleteMultipartUploadResult><ETag>e</ETag></CompleteMultipartUploadResult>")
	case "abort":
		delete(f.uploads, q.Get("uploadId"))
		w.WriteHeader(http.StatusNoContent)
	case "delete":
		delete(f.objects, key)
		w.WriteHeader(http.StatusNoContent)
	default:
		f.get(w, r, key)
	}
}

func (f *s3Server) put(key string, content []byte) {
	f.objects[key], f.modified[key] = content, time.Now()
}

func (f *s3Server) complete(id string) (content []byte) {
	for n := range len(f.uploads[id]) {
		content = append(content, f.uploads[id][n+1]...)
	}
	delete(f.uploads, id)
	return content
}

func (f *s3Server) get(w http.ResponseWriter, r *http.Request, key string) {
	content, ok := f.objects[key]
	if !ok {
		w.WriteHeader(http.StatusNotFound)
		if r.Method != "HEAD" {
			io.WriteString(w, "<Error><Code>NoSuchKey</Code></Error>")
		}
		return
	}
	w.Header().Set("ETag", `"e"`)
	http.ServeContent(w, r, "", f.modified[key], bytes.NewReader(content))
}

func (f *s3Server) list(w http.ResponseWriter, prefix string) {
	type object struct {
		Key          string
		LastModified string
		Size         int
	}
	var result struct {
		XMLName  xml.Name `xml:"ListBucketResult"`
		KeyCount int
		Contents []object
	}
	for key, content := range f.objects {
		if strings.HasPrefix(key, prefix) {
			result.Contents = append(result.Contents, object{key, f.modified[key].UTC().Format(time.RFC3339), len(content)})
		}
	}
	result.KeyCount = len(result.Contents)
	xml.NewEncoder(w).Encode(result)
}
