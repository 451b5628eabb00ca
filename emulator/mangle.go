package emulator

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"time"
)

// What faults write in place of a right answer, or make of it.

// loginPath is where AsRedirect leads.
const loginPath = "/ServiceLogin"

const loginPage = `<!DOCTYPE html>
<html lang="en"><head><title>Sign in</title></head>
<body><h1>Sign in</h1><form method="post"><input type="email" name="identifier"><button>Next</button></form></body></html>
`

// proxyPage is what a proxy writes for a status.
const proxyPage = `<html>
<head><title>%[1]d %[2]s</title></head>
<body>
<center><h1>%[1]d %[2]s</h1></center>
<hr><center>proxy</center>
</body>
</html>
`

// writeFront answers a request that no service of Google's got to see.
func (e *Emulator) writeFront(w http.ResponseWriter, r *http.Request, f *Fault, service string) {
	switch f.As {
	case AsEmpty:
		w.WriteHeader(f.Status)
	case AsRedirect:
		to := f.Location
		if to == "" {
			to = e.baseURL + loginPath + "?continue=" + url.QueryEscape(e.baseURL+r.URL.Path)
		}
		w.Header().Set("Location", to)
		w.WriteHeader(http.StatusFound)
	case AsServiceDisabled:
		writeError(w, r, serviceDisabled(service))
	case AsPerMinute:
		writeError(w, r, perMinute(service))
	default:
		page := f.Body
		if page == "" {
			page = fmt.Sprintf(proxyPage, f.Status, http.StatusText(f.Status))
		}
		if f.Status == http.StatusProxyAuthRequired {
			w.Header().Set("Proxy-Authenticate", `Basic realm="proxy"`)
		}
		writePage(w, f.Status, page)
	}
}

func writePage(w http.ResponseWriter, status int, page string) {
	w.Header().Set("Content-Type", "text/html; charset=UTF-8")
	w.WriteHeader(status)
	w.Write([]byte(page)) // the client left
}

// projectNumber is that of the Cloud project in errors that name it.
const projectNumber = "123456789012"

// serviceTitles are the names of the services that have one here.
var serviceTitles = map[string]string{
	dataService: "Google Analytics Data API", adminService: "Google Analytics Admin API", iamService: "IAM Service Account Credentials API",
}

type help struct {
	Type  string     `json:"@type"`
	Links []helpLink `json:"links"`
}

type helpLink struct {
	Description string `json:"description"`
	URL         string `json:"url"`
}

func newHelp(description, link string) help {
	return help{"type.googleapis.com/google.rpc.Help", []helpLink{{description, link}}}
}

func serviceDisabled(service string) *apiError {
	title, ok := serviceTitles[service]
	if !ok {
		title = service
	}
	activate := "https://console.developers.google.com/apis/api/" + service + "/overview?project=" + projectNumber
	e := permissionDenied(title + " has not been used in project " + projectNumber + " before or it is disabled. Enable it by visiting " + activate +
		" then retry. If you enabled this API recently, wait a few minutes for the action to propagate to our systems and retry.")
	e.details = []any{
		newErrorInfo("SERVICE_DISABLED", map[string]string{
			"service": service, "serviceTitle": title, "consumer": "projects/" + projectNumber, "containerInfo": projectNumber, "activationUrl": activate,
		}),
		newHelp("Google developers console API activation", activate),
	}
	return e
}

func perMinute(service string) *apiError {
	const metric = "Requests per minute"
	e := exhausted("Quota exceeded for quota metric '" + metric + "' and limit 'Requests per minute per user' of service '" + service +
		"' for consumer 'project_number:" + projectNumber + "'.")
	e.details = []any{
		newErrorInfo("RATE_LIMIT_EXCEEDED", map[string]string{
			"service": service, "consumer": "projects/" + projectNumber, "quota_metric": metric,
			"quota_limit": "RequestsPerMinutePerUser", "quota_limit_value": "600", "quota_location": "global",
		}),
		newHelp("Request a higher quota limit.", "https://cloud.google.com/docs/quotas/help/request_increase"),
	}
	return e
}

// writeAnswer writes a right answer, or what a fault makes of it.
func (e *Emulator) writeAnswer(w http.ResponseWriter, r *http.Request, answer any, f *Fault) {
	if f == nil {
		writeJSON(w, r, http.StatusOK, answer)
		return
	}
	code, text := encode(r, http.StatusOK, answer)
	switch f.As {
	case AsMembers, AsUnknown, AsQuotaText:
		text = changed(text, f)
	case AsHalf:
		text = text[:len(text)/2]
	}
	raw, sent := encoded(w, text)
	setJSONHeaders(w.Header())
	if f.As == AsBrokenGzip {
		sent = brokenGzip(text)
		w.Header().Set("Content-Encoding", "gzip")
	}
	w.Header().Set("Content-Length", strconv.Itoa(len(sent)))
	w.WriteHeader(code)
	switch f.As {
	case AsTruncated:
		raw.Write(sent[:len(sent)/2])
		http.NewResponseController(raw).Flush() // the client left
		panic(http.ErrAbortHandler)
	case AsSlow:
		drip(raw, r, sent, f.Delay)
	default:
		raw.Write(sent)
	}
}

// drip writes bytes in ten pieces over a time.
func drip(w http.ResponseWriter, r *http.Request, text []byte, over time.Duration) {
	const pieces = 10
	for i := range pieces {
		pause(r.Context(), over/pieces)
		w.Write(text[i*len(text)/pieces : (i+1)*len(text)/pieces])
		http.NewResponseController(w).Flush()
	}
}

// encoded returns the writer beneath compression, and the bytes to write to it.
func encoded(w http.ResponseWriter, text []byte) (raw http.ResponseWriter, sent []byte) {
	for {
		if z, ok := w.(*gzipWriter); ok {
			z.bypassed = true
			return z.ResponseWriter, gzipped(text)
		}
		inner, ok := w.(interface{ Unwrap() http.ResponseWriter })
		if !ok {
			return w, text
		}
		w = inner.Unwrap()
	}
}

func gzipped(text []byte) []byte {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	z.Write(text)
	z.Close() // into memory: neither fails
	return b.Bytes()
}

// brokenGzip begins as gzip does; its middle and its checksum are wrong.
func brokenGzip(text []byte) []byte {
	b := gzipped(text)
	for _, i := range []int{len(b) / 2, len(b) - 8} {
		b[i] ^= 0xff
	}
	return b
}

// changed puts members into the text of an answer. Text that is no JSON stays as it is.
func changed(text []byte, f *Fault) []byte {
	root, err := parseJSON(string(text))
	if err != nil {
		return text
	}
	switch f.As {
	case AsMembers:
		patch, err := parseJSON(string(f.Members))
		if err != nil {
			return text // unreachable: the control endpoint has parsed it
		}
		root.merge(patch)
	case AsUnknown:
		root.mergeUnknown()
	case AsQuotaText:
		root.quoteQuota()
	}
	var b bytes.Buffer
	root.write(&b)
	return b.Bytes()
}

// unknownInReports is what a report may say that clients of today do not know.
const unknownInReports = `{
	"metadata": {
		"dataTruncationReasons": [{"dataTruncationType": "DATA_TRUNCATION_TYPE_PROPERTY", "dataTruncationDate": "2025-01-01",
			"dataTruncationMessage": "Data before 2025-01-01 is truncated."}, {"dataTruncationType": "DATA_TRUNCATION_TYPE_OF_TOMORROW"}],
		"emptyReason": "REASON_OF_TOMORROW",
		"schemaRestrictionResponse": {"activeMetricRestrictions": [{"metricName": "purchaseRevenue", "restrictedMetricTypes": ["REVENUE_DATA", "DATA_OF_TOMORROW"]}]},
		"noticeOfTomorrow": {"level": 3}
	},
	"metricHeaders": {"0": {"type": "TYPE_OF_TOMORROW"}},
	"memberOfTomorrow": [{"value": "1"}]
}`

// unknownInMetadata is the same of getMetadata.
const unknownInMetadata = `{
	"dimensions": {"*": {"memberOfTomorrow": true}},
	"metrics": {"*": {"blockedReasons": ["NO_REVENUE_METRICS", "REASON_OF_TOMORROW"]}, "0": {"type": "TYPE_OF_TOMORROW"}},
	"comparisons": [{"apiName": "comparisons/99", "uiName": "Comparison of tomorrow", "description": "", "memberOfTomorrow": 1}],
	"sections": [{"name": "SECTION_OF_TOMORROW"}]
}`

func (n *node) mergeUnknown() {
	report, err := parseJSON(unknownInReports)
	metadata, err2 := parseJSON(unknownInMetadata)
	if err != nil || err2 != nil {
		return // unreachable: both are constants
	}
	for _, m := range n.members {
		switch m.name {
		case "metricHeaders", "rows", "kind":
			n.merge(report)
			return
		case "reports", "pivotReports":
			for _, r := range m.value.items {
				r.merge(report)
			}
			return
		case "metrics":
			n.merge(metadata)
			return
		}
	}
	n.merge(report)
}

// merge puts a patch into n: members are merged, a name within an array is an index or
// "*" for each, anything else is replaced. What is said of items of an array that n
// lacks is left out.
func (n *node) merge(patch *node) {
	switch {
	case patch.kind != jsonObject || n.kind != jsonObject && n.kind != jsonArray:
		*n = *patch
	case n.kind == jsonArray:
		for _, p := range patch.members {
			for i, item := range n.items {
				if p.name == "*" || p.name == strconv.Itoa(i) {
					item.merge(p.value)
				}
			}
		}
	default:
		for _, p := range patch.members {
			if mine := n.member(p.name); mine != nil {
				mine.merge(p.value)
			} else if !p.value.isOfItems() {
				n.members = append(n.members, p)
			}
		}
	}
}

// isOfItems reports whether a patch is one of the items of an array.
func (n *node) isOfItems() bool {
	return len(n.members) > 0 && !slices.ContainsFunc(n.members, func(m member) bool { return m.name != "*" && !isDigits(m.name) })
}

func (n *node) member(name string) *node {
	for _, m := range n.members {
		if m.name == name {
			return m.value
		}
	}
	return nil
}

// quoteQuota writes the numbers of each propertyQuota as strings.
func (n *node) quoteQuota() {
	for _, item := range n.items {
		item.quoteQuota()
	}
	for _, m := range n.members {
		if m.name == "propertyQuota" {
			m.value.quoteNumbers()
		} else {
			m.value.quoteQuota()
		}
	}
}

func (n *node) quoteNumbers() {
	if n.kind == jsonNumber {
		n.kind = jsonString
	}
	for _, m := range n.members {
		m.value.quoteNumbers()
	}
}
