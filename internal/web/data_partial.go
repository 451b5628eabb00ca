package web

import (
	"encoding/json"
	"net/http"

	"github.com/oriel-server/oriel/internal/policy"
	"github.com/oriel-server/oriel/internal/report"
)

// Members of answers, as far as anything is known of them: a field that is neither one
// nor in the very answer is refused. Sources: the discovery documents of analyticsdata:v1beta and
// analyticsadmin:v1beta. What Oriel leaves out is among them.
const (
	rowMembers    = "(dimensionValues/value,metricValues/value)"
	headerMembers = "dimensionHeaders/name,metricHeaders(name,type),rows" + rowMembers + ",metadata/*,propertyQuota/*,kind,"
	reportMembers = headerMembers + "rowCount,totals" + rowMembers + ",maximums" + rowMembers + ",minimums" + rowMembers
	pivotMembers  = headerMembers + "pivotHeaders(rowCount,pivotDimensionHeaders/dimensionValues/value),aggregates" + rowMembers
	fieldMembers  = "(apiName,uiName,description,deprecatedApiNames,type,expression,customDefinition,category,blockedReasons)"

	viewsMembers         = "views(name,title,timeZone,currencyCode)"
	metadataMembers      = "name,dimensions" + fieldMembers + ",metrics" + fieldMembers + ",comparisons/*"
	compatibilityMembers = "dimensionCompatibilities(compatibility,dimensionMetadata" + fieldMembers + "),metricCompatibilities(compatibility,metricMetadata" + fieldMembers + ")"
	propertyMembers      = "name,parent,account,displayName,timeZone,currencyCode,propertyType,industryCategory,serviceLevel,createTime,updateTime,deleteTime,expireTime"
	accountsMembers      = "nextPageToken,accountSummaries(name,account,displayName,propertySummaries(property,displayName,propertyType,parent,canEdit))"
)

// callMembers are the members of what call answers, by the verb of its path.
var callMembers = map[string]report.Mask{
	"runReport":            report.MustMask(reportMembers),
	"runRealtimeReport":    report.MustMask(reportMembers),
	"runPivotReport":       report.MustMask(pivotMembers),
	"batchRunReports":      report.MustMask("kind,reports(" + reportMembers + ")"),
	"batchRunPivotReports": report.MustMask("kind,pivotReports(" + pivotMembers + ")"),
	"checkCompatibility":   report.MustMask(compatibilityMembers),
}

// partialCall is partial of what call answers. Files have no members.
func (s *Server) partialCall(r *http.Request, grant policy.Grant) (reply, error) {
	_, verb, _ := splitCall(r.PathValue("call"))
	members, ok := callMembers[verb]
	if !ok {
		return s.call(r, grant)
	}
	return part(r, grant, members, s.call)
}

// partial serves, of what ask answers, the fields that the parameter fields asks
// for, as all of Google's APIs do. Errors and files are served whole.
func (s *Server) partial(members string, ask func(*http.Request, policy.Grant) (reply, error)) func(*http.Request, policy.Grant) (reply, error) {
	all := report.MustMask(members)
	return func(r *http.Request, grant policy.Grant) (reply, error) { return part(r, grant, all, ask) }
}

// part answers the fields that r asks for, which must be among the members, or in the
// answer: Google adds some.
func part(r *http.Request, grant policy.Grant, members report.Mask, ask func(*http.Request, policy.Grant) (reply, error)) (reply, error) {
	mask, err := maskOf(r)
	if err != nil {
		return nil, err
	}
	whole, err := ask(r, grant)
	unknown := mask.Unknown(members)
	masked, ok := whole.(maskable)
	switch {
	case unknown != "" && (report.KindOf(err) == report.Invalid || err == nil && !ok):
		return nil, noSuchMember(unknown)
	case err != nil || mask == nil || !ok:
		return whole, err
	}
	body := masked.json()
	if unknown = mask.Missing(members, body); unknown != "" {
		return nil, noSuchMember(unknown)
	}
	return masked.part(mask.Apply(body)), nil
}

func noSuchMember(path string) error {
	return report.Errorf(report.Invalid, "Invalid field selection %s: no such field is in the answer.", report.Truncate(path))
}

// maskOf reads the parameter by either of its names.
func maskOf(r *http.Request) (report.Mask, error) {
	if r.URL.RawQuery == "" {
		return nil, nil
	}
	parameters := r.URL.Query()
	fields := parameters.Get("fields")
	if fields == "" {
		fields = parameters.Get("$fields")
	}
	mask, err := report.ParseMask(fields)
	if err != nil {
		return nil, report.Errorf(report.Invalid, "Invalid field selection %s", report.Truncate(fields))
	}
	return mask, nil
}

// A maskable reply is JSON of which a part can be served.
type maskable interface {
	json() []byte
	part(body []byte) reply
}

func (p reportReply) json() []byte           { return p.report.Body }
func (p reportReply) part(body []byte) reply { return partialReply{[]*report.Report{p.report}, body} }
func (b batchReply) json() []byte            { return stitch(b.head, b.reports).join() }
func (b batchReply) part(body []byte) reply  { return partialReply{b.reports, body} }
func (j jsonReply) part(body []byte) reply   { return jsonReply{json.RawMessage(body)} }

// partialReply is a part of reports, with the age of the whole.
type partialReply struct {
	reports []*report.Report
	body    []byte
}

func (p partialReply) write(s *Server, w http.ResponseWriter, r *http.Request) {
	s.setAge(w.Header(), p.reports...)
	s.writeJSON(w, r, made(p.body))
}
