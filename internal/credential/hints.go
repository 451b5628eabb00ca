package credential

import (
	"fmt"
	"net/http"
	"strings"
	"time"
)

// advise says what the operator can do about a permanent failure; "" when Google's
// own words have to do.
func (a *account) advise(id *identity, w word, last answer) string {
	if id.kind == typeMetadata {
		return "attach a service account to this machine that may get tokens for " + Scope
	}
	switch w.code {
	case "invalid_grant":
		return a.adviseGrant(id, w.text, last)
	case "unauthorized_client":
		return "the account may not get tokens for " + Scope
	case "invalid_scope":
		return adviseScope(id)
	case "disabled_client", "invalid_client", "deleted_client":
		return "the OAuth client or account is disabled or deleted; enable it in the Google Cloud console, or use a key of another account"
	case "invalid_rapt":
		return adviseUser
	case "PERMISSION_DENIED":
		return "give the source account the role \"Service Account Token Creator\" on " + orAccount(id) +
			", and enable the IAM Service Account Credentials API"
	case "NOT_FOUND":
		return "the account to impersonate does not exist"
	}
	return ""
}

const adviseUser = "the user's sign-in ended or was revoked; run: gcloud auth application-default login --scopes=" +
	Scope + ",https://www.googleapis.com/auth/cloud-platform"

// adviseGrant tells the cases apart that Google calls invalid_grant.
func (a *account) adviseGrant(id *identity, text string, last answer) string {
	low := strings.ToLower(text)
	switch {
	case strings.Contains(low, "short-lived"), strings.Contains(low, "timeframe"):
		return a.adviseClock(last)
	case strings.Contains(low, "signature"):
		return "the key was deleted or disabled, or is not this account's; create a new JSON key for " +
			orAccount(id) + " and put it in the place of the old one"
	case strings.Contains(low, "account not found"):
		return "the service account was deleted or disabled; use a key of another account, or restore it"
	case strings.Contains(low, "audience"):
		return "token_uri in the key file is not the address of this token endpoint"
	case id.kind == typeAuthorizedUser:
		return adviseUser
	}
	return "create a new JSON key for " + orAccount(id)
}

// adviseClock compares the machine's clock with the one of the server that refused.
func (a *account) adviseClock(last answer) string {
	advice := "this machine's clock is wrong; set it, and keep it right with NTP"
	theirs, err := http.ParseTime(last.header.Get("Date"))
	if err != nil {
		return advice
	}
	// The library signs by the machine's clock, whatever the keyring's.
	ours := time.Now()
	off := ours.Sub(theirs).Round(time.Second)
	if off.Abs() < time.Minute {
		return "yet this machine's clock agrees with the token endpoint's answer; was the machine asleep, or is the endpoint's clock set apart?"
	}
	side := "ahead of"
	if off < 0 {
		off, side = -off, "behind"
	}
	return fmt.Sprintf("%s (it says %s, %v %s the token endpoint's)", advice, ours.UTC().Format(time.RFC3339), off, side)
}

func adviseScope(id *identity) string {
	if id.kind == typeAuthorizedUser {
		return "the user's sign-in does not include " + Scope + "; run: gcloud auth application-default login --scopes=" +
			Scope + ",https://www.googleapis.com/auth/cloud-platform"
	}
	return "the account may not ask for " + Scope
}

func orAccount(id *identity) string {
	if mail := id.address(); mail != "" {
		return mail
	}
	return "the account"
}
