package credential

import (
	"cmp"
	"fmt"
	"net/http"
	"strings"
	"time"
)

const (
	hintLogin = "; run: gcloud auth application-default login --scopes=" + Scope + ",https://www.googleapis.com/auth/cloud-platform"
	hintUser  = "the user's sign-in ended or was revoked" + hintLogin
)

// hint says what the operator can do about a permanent failure; "" when nothing is known
// beyond what Google says.
func hint(id *identity, body errorBody, last response) string {
	if id.kind == typeMetadata {
		return "attach a service account to this machine that may get tokens for " + Scope
	}
	switch body.code {
	case "invalid_grant":
		return hintGrant(id, body.text, last)
	case "unauthorized_client":
		return "the account may not get tokens for " + Scope
	case "invalid_scope":
		if id.kind == typeAuthorizedUser {
			return "the user's sign-in does not include " + Scope + hintLogin
		}
		return "the account may not ask for " + Scope
	case "disabled_client", "invalid_client", "deleted_client":
		return "the OAuth client or account is disabled or deleted; enable it in the Google Cloud console, or use a key of another account"
	case "invalid_rapt":
		return hintUser
	case "PERMISSION_DENIED":
		return "give the source account the role \"Service Account Token Creator\" on " + id.orAccount() +
			", and enable the IAM Service Account Credentials API"
	case "NOT_FOUND":
		return "the account to impersonate does not exist"
	}
	return ""
}

// hintGrant tells the cases apart that Google calls invalid_grant.
func hintGrant(id *identity, text string, last response) string {
	text = strings.ToLower(text)
	switch {
	case strings.Contains(text, "short-lived"), strings.Contains(text, "timeframe"):
		return hintClock(last.Header)
	case strings.Contains(text, "signature"):
		return "the key was deleted or disabled, or is not this account's; create a new JSON key for " +
			id.orAccount() + " and replace the old one with it"
	case strings.Contains(text, "account not found"):
		return "the service account was deleted or disabled; use a key of another account, or restore it"
	case strings.Contains(text, "audience"):
		return "token_uri in the key file is not the address of this token endpoint"
	case id.kind == typeAuthorizedUser:
		return hintUser
	}
	return "create a new JSON key for " + id.orAccount()
}

// hintClock compares the machine's clock, by which the library signs, with that of the
// server that refused.
func hintClock(h http.Header) string {
	const todo = "this machine's clock is wrong; set it, and keep it right with NTP"
	theirs, err := http.ParseTime(h.Get("Date"))
	if err != nil {
		return todo
	}
	ours := time.Now()
	off, side := ours.Sub(theirs).Round(time.Second), "ahead of"
	if off.Abs() < time.Minute {
		return "yet this machine's clock agrees with the token endpoint's answer; was the machine asleep, or is the endpoint's clock set apart?"
	}
	if off < 0 {
		off, side = -off, "behind"
	}
	return fmt.Sprintf("%s (it says %s, %v %s the token endpoint's)", todo, ours.UTC().Format(time.RFC3339), off, side)
}

func (id *identity) orAccount() string { return cmp.Or(id.address(), "the account") }
