package emulator

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

// maxBody is how long a request may be, in bytes.
const maxBody = 10 << 20

// A call is one request to a Google API, known and allowed.
type call struct {
	r        *http.Request
	method   *method
	id       string   // what the path names: a property, or an account to impersonate
	property property // zero when the path names none, or 0
	caller   bearer
	project  string // of the caller: whose quota
	now      time.Time
	query    url.Values
	body     []byte
	lease    *lease // of the property's quota; nil when the method charges none
}

// serveAPI runs the checks that come before any method looks at its request:
// credentials, scope, property, quota; then the method itself.
func (e *Emulator) serveAPI(w http.ResponseWriter, r *http.Request, m *method, id string) {
	c := &call{r: r, method: m, id: id, now: e.clock.now(), query: queryOf(r)}
	if f := e.controls.strike(m.name, id, atFront, c.now); f != nil {
		e.writeFront(w, r, f, m.service)
		return
	}
	answer, err := e.answer(c)
	if err != nil {
		writeError(w, r, err)
		return
	}
	e.writeAnswer(w, r, answer, e.controls.strike(m.name, id, onAnswer, c.now))
}

// answer leaves the quota before the answer is written: a client that has the
// answer must not find its own request still running.
func (e *Emulator) answer(c *call) (answer any, err error) {
	defer func() { e.quota.leave(c.lease, statusOf(err), c.now) }()
	if err := e.authenticate(c); err != nil {
		return nil, err
	}
	if err := e.checkProperty(c); err != nil {
		return nil, err
	}
	if err := e.enterQuota(c); err != nil {
		return nil, err
	}
	defer e.counts.running(c.id)()
	if status := e.disturb(c.r.Context(), c.method.name, c.id); status != 0 {
		return nil, forcedError(status, c.method.service)
	}
	if err := checkQuery(c); err != nil {
		return nil, err
	}
	if err := readBody(c); err != nil {
		return nil, err
	}
	return c.method.serve(e, c)
}

// forcedError is the error of that status which a fault makes a service answer.
func forcedError(status int, service string) *apiError {
	message := "The service is currently unavailable."
	switch status {
	case http.StatusUnauthorized:
		return invalidCredentials()
	case http.StatusForbidden:
		return noAccess(service)
	case http.StatusInternalServerError:
		message = "An internal error has occurred."
	case http.StatusTooManyRequests:
		message = exhaustedConcurrent
	}
	name := statusNames[status]
	if name == "" {
		name = "UNKNOWN"
	}
	return &apiError{code: status, status: name, message: message}
}

// standardQuery are the query parameters that every method of a Google API has.
var standardQuery = []string{
	"$.xgafv", "access_token", "$alt", "alt", "callback", "fields", "$fields", "key", "oauth_token",
	"prettyPrint", "$prettyPrint", "quotaUser", "$userProject", "uploadType", "upload_protocol",
}

// checkQuery refuses unknown query parameters as Google does, and those that
// Google has and the emulator has not.
func checkQuery(c *call) error {
	var violations []violation
	names := make([]string, 0, len(c.query))
	for name := range c.query {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		if !slices.Contains(standardQuery, name) && !slices.Contains(c.method.query, name) {
			violations = append(violations, violation{Description: `Invalid JSON payload received. Unknown name "` + name +
				`": Cannot bind query parameter. Field '` + name + `' could not be found in request message.`})
		}
	}
	if violations != nil {
		return malformed(violations...)
	}
	if c.query.Get("callback") != "" {
		return notEmulated("Query parameter callback")
	}
	if fields := fieldsWanted(c.query); fields != "" {
		if _, err := parseMask(fields); err != nil {
			return err
		}
	}
	if alt := altOf(c.query); alt != "" && alt != "json" {
		return notEmulated("alt=" + alt)
	}
	return nil
}

// queryOf reads the query parameters. Semicolons are not separators: clients
// send $alt=json;enum-encoding=int as it is.
func queryOf(r *http.Request) url.Values {
	q, err := url.ParseQuery(strings.ReplaceAll(r.URL.RawQuery, ";", "%3B"))
	if err != nil {
		return url.Values{} // as for a query that is absent: nothing in it can be trusted
	}
	return q
}

// fieldsWanted returns the field mask of a request.
func fieldsWanted(q url.Values) string { return q.Get("$fields") + q.Get("fields") }

// altOf returns the format of the answer that was asked for, without its
// parameters.
func altOf(q url.Values) string {
	alt, _, _ := strings.Cut(q.Get("$alt")+q.Get("alt"), ";")
	return alt
}

func readBody(c *call) error {
	if c.r.Body == nil {
		return nil
	}
	b, err := io.ReadAll(io.LimitReader(c.r.Body, maxBody+1))
	if err != nil {
		return invalidArgument("Request body could not be read.")
	}
	if len(b) > maxBody {
		return invalidArgument("Request payload size exceeds the limit: %d bytes.", maxBody)
	}
	c.body = b
	return nil
}

func statusOf(err error) int {
	if err == nil {
		return http.StatusOK
	}
	if e, ok := errors.AsType[*apiError](err); ok {
		return e.code
	}
	return http.StatusInternalServerError
}

// setFrontHeaders sets what Google's front end adds to every answer.
func setFrontHeaders(h http.Header) {
	h.Set("Vary", "Origin, X-Origin, Referer")
	h.Set("Server", "ESF")
	h.Set("X-Xss-Protection", "0")
	h.Set("X-Frame-Options", "SAMEORIGIN")
	h.Set("X-Content-Type-Options", "nosniff")
}

func writeError(w http.ResponseWriter, r *http.Request, err error) {
	e, ok := errors.AsType[*apiError](err)
	if !ok {
		e = &apiError{code: http.StatusInternalServerError, status: "INTERNAL", message: "An internal error has occurred."}
	}
	if e.code == http.StatusUnauthorized || e.bearer != "" {
		w.Header().Set("WWW-Authenticate", `Bearer realm="https://accounts.google.com/"`+e.bearer)
	}
	type status struct {
		Code    int    `json:"code"`
		Message string `json:"message"`
		Status  string `json:"status"`
		Details []any  `json:"details,omitempty"`
	}
	writeJSON(w, r, e.code, map[string]status{"error": {e.code, e.message, e.status, e.details}})
}

// numericEnums turns the enums of answers into their numbers, for clients that
// ask for $alt=json;enum-encoding=int. The pairs can only be a key and its
// value: inside a string the quotes would be escaped.
var numericEnums = strings.NewReplacer(
	`"type":"TYPE_INTEGER"`, `"type":1`, `"type":"TYPE_FLOAT"`, `"type":2`, `"type":"TYPE_SECONDS"`, `"type":4`,
	`"type":"TYPE_MILLISECONDS"`, `"type":5`, `"type":"TYPE_STANDARD"`, `"type":8`, `"type":"TYPE_CURRENCY"`, `"type":9`,
	`"propertyType":"PROPERTY_TYPE_ORDINARY"`, `"propertyType":1`,
	`"serviceLevel":"GOOGLE_ANALYTICS_STANDARD"`, `"serviceLevel":1`, `"serviceLevel":"GOOGLE_ANALYTICS_360"`, `"serviceLevel":2`,
	`"compatibility":"COMPATIBLE"`, `"compatibility":1`, `"compatibility":"INCOMPATIBLE"`, `"compatibility":2`,
)

func writeJSON(w http.ResponseWriter, r *http.Request, code int, body any) {
	code, text := encode(r, code, body)
	setJSONHeaders(w.Header())
	w.WriteHeader(code)
	w.Write(text) // the client left
}

// encode returns the JSON text of an answer as the query parameters want it.
func encode(r *http.Request, code int, body any) (int, []byte) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(body); err != nil {
		code = http.StatusInternalServerError
		b.Reset()
		b.WriteString(`{"error":{"code":500,"message":"An internal error has occurred.","status":"INTERNAL"}}`)
	}
	return code, styled(b.Bytes(), queryOf(r), code)
}

func setJSONHeaders(h http.Header) {
	h.Set("Content-Type", "application/json; charset=UTF-8")
	h.Set("Cache-Control", "private")
	setFrontHeaders(h)
}

// styled applies the query parameters that change how an answer is written.
// Errors are never cut down to fields.
func styled(text []byte, q url.Values, code int) []byte {
	if strings.Contains(q.Get("$alt")+q.Get("alt"), "enum-encoding=int") {
		text = []byte(numericEnums.Replace(string(text)))
	}
	if fields := fieldsWanted(q); fields != "" && code == http.StatusOK {
		if m, err := parseMask(fields); err == nil {
			text = m.partial(text)
		}
	}
	if pretty := q.Get("prettyPrint") + q.Get("$prettyPrint"); pretty == "false" || pretty == "0" {
		return text
	}
	var indented bytes.Buffer
	if err := json.Indent(&indented, text, "", "  "); err != nil {
		return text
	}
	return indented.Bytes()
}
