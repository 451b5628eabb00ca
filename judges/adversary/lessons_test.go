package adversary

import "testing"

// A lesson is a way in which systems that do a similar job were broken, what
// their users suffered from, a promise that Oriel makes, or a class of attacks.
type lesson string

// How such systems were broken. Each is a published case.
const (
	guestExpressions lesson = "Superset CVE-2024-24772, CVE-2025-48912: a guest sends his own expressions, escapes row rules"
	answersTellQuery lesson = "Superset CVE-2025-55673: the answer shows the query and schema to guests"
	defaultSecret    lesson = "Superset CVE-2023-27524: default secret"
	weakRevocation   lesson = "Superset: revocation off by default, global, store read fails open"
	filterOracle     lesson = "Site Kit: metrics and dimensions checked, filters and order-by not"
	sideEndpoints    lesson = "Grafana CVE-2026-21722: locked range not applied to a side endpoint"
	bootstrapSecrets lesson = "Grafana CVE-2026-27877: bootstrap JSON carried secrets of unused sources"
	parameters       lesson = "Metabase CVE-2026-72899: parameters of a public dashboard injected"
	oneKey           lesson = "Metabase: one key signs all embeds, exp optional, localhost always allowed"
	checkedOnce      lesson = "Umami: share token without expiry, never checked again"
	proxyBypass      lesson = "oauth2-proxy 2026: health-check path and X-Forwarded-* bypasses"
	keyInHealthCheck lesson = "Grafana GA plugin: health check printed the key file; a Google token per report"
	jsonp            lesson = "superProxy: JSONP callback echoed; errors hidden from viewers"
	heldMutex        lesson = "golang auth, vault: a mutex held across a network call"
)

// What users of such systems suffer from, where it is about trust.
const (
	tokenInPage    lesson = "Google's access token or private key in the page (ga-dev-tools, laravel-analytics#89)"
	othersRows     lesson = "one customer sees another's rows; caches that ignore row rules (superset 18924, 19110, 40839)"
	noCookies      lesson = "third-party cookies blocked, nothing renders (superset#21556, metabase#10970)"
	refusedToFrame lesson = "refused to frame with no hint (umami#685, quicksight-sdk#9, lightdash#10888)"
	viewersClock   lesson = "tokens expire in open dashboards, a viewer's slow clock (superset#20817, #35261)"
	staleUnlabeled lesson = "no data and stale look the same (site-kit-wp#4086, #9127)"
)

// What Oriel promises: docs/security.md.
const (
	promiseSecrets    lesson = "1: Google's token and key never leave the process"
	promiseTokens     lesson = "2: embed tokens live for minutes, name their kind, audience, session and views; alg is pinned"
	promiseRevocation lesson = "3: a revoked session, view or key is refused on the next request"
	promiseRotation   lesson = "4: keys rotate with no downtime"
	promiseFields     lesson = "5: every field of every query is checked, the mandatory filter holds"
	promiseOrigins    lesson = "6: framing and cross-origin use are denied unless the view lists the origin"
	promiseAudit      lesson = "7: every mint, refusal, read and export is in the audit log, without secrets"
	promiseAnswers    lesson = "8: CSV cells cannot become formulas; nosniff, no-referrer, strict CSP"
)

// Classes of attacks that no single case stands for.
const (
	crossView   lesson = "a token of one view at every endpoint of another"
	dates       lesson = "days before the history, and days that are none"
	hosts       lesson = "a host beyond its views"
	paths       lesson = "path confusion"
	smuggling   lesson = "request smuggling"
	exhaustion  lesson = "slow, many and large"
	malformed   lesson = "malformed requests"
	preflights  lesson = "CORS preflight variants"
	oddMethods  lesson = "odd methods and protocols"
	tokenInURL  lesson = "tokens in addresses"
	codeReplay  lesson = "a single-use code used twice"
	spentLimits lesson = "limits got around"
)

var lessons = []lesson{
	guestExpressions, answersTellQuery, defaultSecret, weakRevocation, filterOracle, sideEndpoints, bootstrapSecrets, parameters,
	oneKey, checkedOnce, proxyBypass, keyInHealthCheck, jsonp, heldMutex,
	tokenInPage, othersRows, noCookies, refusedToFrame, viewersClock, staleUnlabeled,
	promiseSecrets, promiseTokens, promiseRevocation, promiseRotation, promiseFields, promiseOrigins, promiseAudit, promiseAnswers,
	crossView, dates, hosts, paths, smuggling, exhaustion, malformed, preflights, oddMethods, tokenInURL, codeReplay, spentLimits,
}

// Every lesson has an attack, every attack a name of its own.
func TestEveryLessonIsTried(t *testing.T) {
	tried, names := map[lesson]int{}, map[string]bool{}
	for _, g := range groups() {
		for _, a := range g.attacks {
			tried[a.of]++
			if name := g.name + "/" + a.name; names[name] {
				t.Errorf("two attacks are called %s", name)
			} else {
				names[name] = true
			}
		}
	}
	for _, l := range lessons {
		if tried[l] == 0 {
			t.Errorf("nothing is tried for %q", l)
		}
		delete(tried, l)
	}
	for l := range tried {
		t.Errorf("%q is not among the lessons", l)
	}
	t.Logf("%d attacks, %d lessons", len(names), len(lessons))
}
