package emulator

import (
	"strconv"
	"strings"
)

// The one Analytics account that all properties belong to.
const (
	accountID   = "100000001"
	accountName = "Emulated account"
	createdAt   = "2020-01-01T00:00:00Z"
)

type propertySummary struct {
	Property     string `json:"property"`
	DisplayName  string `json:"displayName"`
	PropertyType string `json:"propertyType"`
	Parent       string `json:"parent"`
}

type accountSummary struct {
	Name              string            `json:"name"`
	Account           string            `json:"account"`
	DisplayName       string            `json:"displayName"`
	PropertySummaries []propertySummary `json:"propertySummaries,omitempty"`
}

type accountSummaries struct {
	AccountSummaries []accountSummary `json:"accountSummaries,omitempty"`
}

type adminProperty struct {
	Name         string `json:"name"`
	CreateTime   string `json:"createTime"`
	UpdateTime   string `json:"updateTime"`
	Parent       string `json:"parent"`
	DisplayName  string `json:"displayName"`
	TimeZone     string `json:"timeZone"`
	CurrencyCode string `json:"currencyCode"`
	ServiceLevel string `json:"serviceLevel"`
	Account      string `json:"account"`
	PropertyType string `json:"propertyType"`
}

func describe(p property) adminProperty {
	level := "GOOGLE_ANALYTICS_STANDARD"
	if p.Premium {
		level = "GOOGLE_ANALYTICS_360"
	}
	return adminProperty{
		Name: "properties/" + p.Property, CreateTime: createdAt, UpdateTime: createdAt,
		Parent: "accounts/" + accountID, DisplayName: p.Name, TimeZone: p.TimeZone, CurrencyCode: p.CurrencyCode,
		ServiceLevel: level, Account: "accounts/" + accountID,
		PropertyType: "PROPERTY_TYPE_ORDINARY",
	}
}

// visible returns the properties that the caller may see.
func (e *Emulator) visible(c *call) []property {
	var seen []property
	for _, s := range e.properties.all() {
		if e.accounts.maySee(c.caller.email, s.Property) {
			seen = append(seen, s)
		}
	}
	return seen
}

// accountSummaries is GET /v1beta/accountSummaries. There is one account, so
// there is one page.
func (e *Emulator) accountSummaries(c *call) (any, error) {
	if _, _, err := page(c); err != nil {
		return nil, err
	}
	var list []propertySummary
	for _, s := range e.visible(c) {
		list = append(list, propertySummary{"properties/" + s.Property, s.Name, "PROPERTY_TYPE_ORDINARY", "accounts/" + accountID})
	}
	if list == nil {
		return accountSummaries{}, nil
	}
	return accountSummaries{[]accountSummary{{
		"accountSummaries/" + accountID, "accounts/" + accountID, accountName, list,
	}}}, nil
}

// getProperty is GET /v1beta/properties/{id}.
func (e *Emulator) getProperty(c *call) (any, error) { return describe(c.property), nil }

// listProperties is GET /v1beta/properties?filter=parent:accounts/{id}.
func (e *Emulator) listProperties(c *call) (any, error) {
	from, size, err := page(c)
	if err != nil {
		return nil, err
	}
	kind, value, _ := strings.Cut(c.query.Get("filter"), ":")
	if kind != "parent" && kind != "ancestor" && kind != "firebase_project" {
		return nil, invalidArgument("A filter is required, such as filter=parent:accounts/%s.", accountID)
	}
	answer := struct {
		Properties    []adminProperty `json:"properties,omitempty"`
		NextPageToken string          `json:"nextPageToken,omitempty"`
	}{}
	if kind == "firebase_project" || strings.TrimPrefix(value, "accounts/") != accountID {
		return answer, nil
	}
	seen := e.visible(c)
	for i := from; i < len(seen) && i < from+size; i++ {
		answer.Properties = append(answer.Properties, describe(seen[i]))
	}
	if from+size < len(seen) {
		answer.NextPageToken = strconv.Itoa(from + size)
	}
	return answer, nil
}

// page reads pageSize (default 50, at most 200) and pageToken.
func page(c *call) (from, size int, err error) {
	size = 50
	if s := c.query.Get("pageSize"); s != "" {
		n, err := strconv.ParseInt(s, 10, 32)
		if err != nil {
			d := `Invalid value at 'page_size' (TYPE_INT32), "` + s + `"`
			return 0, 0, malformed(violation{"page_size", d})
		}
		if n < 0 {
			return 0, 0, invalidArgument("page_size must not be negative.")
		}
		if n > 0 {
			size = min(int(n), 200)
		}
	}
	if s := c.query.Get("pageToken"); s != "" {
		if from, err = strconv.Atoi(s); err != nil || from < 0 {
			return 0, 0, invalidArgument("The page token is invalid.")
		}
	}
	return from, size, nil
}
