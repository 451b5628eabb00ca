package web

import (
	"cmp"
	"net/http"

	"github.com/oriel-server/oriel/internal/policy"
	"github.com/oriel-server/oriel/internal/report"
)

// Members of responses: a selected field that is neither one of them nor in the response
// is refused. Sources: the discovery documents of analyticsdata:v1beta and
// analyticsadmin:v1beta, with what Oriel leaves out.
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

// partial lets the parameter fields select fields of what ask answers, as in all of
// Google's APIs. Errors and files are sent whole.
func (s *Server) partial(members string, ask askFunc) askFunc {
	all := report.MustMask(members)
	return func(r *http.Request, grant policy.Grant) (reply, error) { return selectFields(r, grant, all, ask) }
}

// selectFields answers the fields that r selects, which must be among the members or in
// the response: Google adds some.
func selectFields(r *http.Request, grant policy.Grant, members report.Mask, ask askFunc) (reply, error) {
	mask, err := parseMask(r)
	if err != nil {
		return nil, err
	}
	whole, err := ask(r, grant)
	unknown := mask.Unknown(members)
	switch {
	case unknown != "" && report.KindOf(err) == report.Invalid:
		return nil, unknownField(unknown)
	case err != nil || mask == nil:
		return whole, err
	}
	var text []byte
	data, isData := whole.(dataReply)
	if isData {
		text = data.body.join()
	} else {
		text = whole.(jsonReply)
	}
	if unknown = mask.Missing(members, text); unknown != "" {
		return nil, unknownField(unknown)
	}
	if text = mask.Apply(text); isData {
		return dataReply{privateBody(text), data.reports}, nil
	}
	return jsonReply(text), nil
}

func unknownField(path string) error {
	return report.Errorf(report.Invalid, "Invalid field selection %s: no such field is in the answer.", report.Truncate(path))
}

// parseMask reads the parameter by either of its names.
func parseMask(r *http.Request) (report.Mask, error) {
	if r.URL.RawQuery == "" {
		return nil, nil
	}
	parameters := r.URL.Query()
	fields := cmp.Or(parameters.Get("fields"), parameters.Get("$fields"))
	mask, err := report.ParseMask(fields)
	if err != nil {
		return nil, report.Errorf(report.Invalid, "Invalid field selection %s", report.Truncate(fields))
	}
	return mask, nil
}
