package web

import (
	"net/http"

	"github.com/oriel-server/oriel/internal/policy"
	"github.com/oriel-server/oriel/internal/report"
)

// views answers with the views of the token.
func (s *Server) views(r *http.Request, grant policy.Grant) (reply, error) {
	views, err := s.gate.Views(r.Context(), grant)
	if err != nil {
		return nil, err
	}
	return jsonOf(map[string]any{"views": append([]policy.ViewInfo{}, views...)}), nil
}

// metadata answers with what may be asked of a view.
func (s *Server) metadata(r *http.Request, grant policy.Grant) (reply, error) {
	fields, err := s.gate.Fields(r.Context(), grant, r.PathValue("view"))
	if err != nil {
		return nil, err
	}
	return jsonOf(nonNil(fields)), nil
}

// checkCompatibility answers which fields can be added to a report.
func (s *Server) checkCompatibility(r *http.Request, grant policy.Grant, view, _ string) (reply, error) {
	body, err := readBody(r, maxReportBody)
	if err != nil {
		return nil, err
	}
	asked, err := report.DecodeCheckCompatibility(body)
	if err != nil {
		return nil, err
	}
	found, err := s.gate.Compatibility(r.Context(), grant, view, asked)
	if err != nil {
		return nil, err
	}
	return jsonOf(found), nil
}

// nonNil returns fields whose lists are [] in JSON when they are empty.
func nonNil(f *report.Fields) *report.Fields {
	return &report.Fields{
		Dimensions: append([]report.Field{}, f.Dimensions...),
		Metrics:    append([]report.Field{}, f.Metrics...),
	}
}

// The only account of the Admin API, which groups properties by account.
const (
	googleAccount      = "accounts/oriel"
	googleAccountTitle = "Oriel"
	googleType         = "PROPERTY_TYPE_ORDINARY"
)

type googleMetadata struct {
	Name string `json:"name"`
	*report.Fields
}

type googleProperty struct {
	Name         string `json:"name"`
	Parent       string `json:"parent"`
	Account      string `json:"account"`
	DisplayName  string `json:"displayName"`
	TimeZone     string `json:"timeZone,omitempty"`
	CurrencyCode string `json:"currencyCode,omitempty"`
	PropertyType string `json:"propertyType"`
}

type googleAccountSummary struct {
	Name              string                  `json:"name"`
	Account           string                  `json:"account"`
	DisplayName       string                  `json:"displayName"`
	PropertySummaries []googlePropertySummary `json:"propertySummaries,omitempty"`
}

type googlePropertySummary struct {
	Property     string `json:"property"`
	DisplayName  string `json:"displayName"`
	PropertyType string `json:"propertyType"`
	Parent       string `json:"parent"`
}

// googleMetadata answers getMetadata of the Data API. The resource is named as
// it was asked for.
func (s *Server) googleMetadata(r *http.Request, grant policy.Grant) (reply, error) {
	view := r.PathValue("view")
	fields, err := s.gate.Fields(r.Context(), grant, view)
	if err != nil {
		return nil, err
	}
	return jsonOf(googleMetadata{"properties/" + view + "/metadata", nonNil(fields)}), nil
}

// googleProperty answers properties.get of the Admin API.
func (s *Server) googleProperty(r *http.Request, grant policy.Grant) (reply, error) {
	view, err := s.gate.View(r.Context(), grant, r.PathValue("call"))
	if err != nil {
		return nil, err
	}
	return jsonOf(googleProperty{
		Name: "properties/" + view.Name, Parent: googleAccount, Account: googleAccount, DisplayName: view.Title,
		TimeZone: view.TimeZone, CurrencyCode: view.CurrencyCode, PropertyType: googleType,
	}), nil
}

// googleAccounts answers accountSummaries.list of the Admin API, on one page.
func (s *Server) googleAccounts(r *http.Request, grant policy.Grant) (reply, error) {
	views, err := s.gate.Views(r.Context(), grant)
	if err != nil {
		return nil, err
	}
	account := googleAccountSummary{Name: "accountSummaries/oriel", Account: googleAccount, DisplayName: googleAccountTitle}
	for _, v := range views {
		account.PropertySummaries = append(account.PropertySummaries, googlePropertySummary{
			Property: "properties/" + v.Name, DisplayName: v.Title, PropertyType: googleType, Parent: googleAccount,
		})
	}
	return jsonOf(map[string]any{"accountSummaries": []googleAccountSummary{account}}), nil
}
