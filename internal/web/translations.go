package web

import (
	"crypto/sha256"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"unsafe"

	"github.com/maypok86/otter/v2"

	"github.com/oriel-server/oriel/internal/policy"
	"github.com/oriel-server/oriel/internal/report"
	"github.com/oriel-server/oriel/internal/ua"
)

// maxTranslations bounds each of the memories of translations, in bytes.
const maxTranslations = 32 << 20

// translations hold what old scripts ask with every visit, in three steps, each by
// all that it depends on: what an address says, by its parameters; what is asked
// for it, by the view and its day; and the answer, by the reports that it is made
// of. Like readings they know nothing of who may ask.
type translations struct {
	parsed   *otter.Cache[written, *oldQuery]
	planned  *otter.Cache[meaning, *translation]
	answered *otter.Cache[madeOf, *shared]
}

// An oldQuery is a question in the form of Universal Analytics.
type oldQuery struct {
	ua.Query
	size int // of its parameters, in bytes
}

// A meaning is what a translation depends on, beside what a configuration says of
// the view.
type meaning struct {
	query *oldQuery
	view  string
	path  string // answers name it
	today report.Date
}

// A translation is the questions for an oldQuery.
type translation struct {
	*ua.Plan
	asked []*policy.Asked
}

// madeOf are the reports that an answer is made of, by where their bodies lie,
// which nothing else takes while the answer is remembered.
type madeOf struct {
	translation *translation
	bodies      [mostMadeOf]*byte
}

// mostMadeOf bounds the reports of an answer that is remembered. Most are made of
// one.
const mostMadeOf = 3

func newTranslations() (t *translations, err error) {
	const overhead, copies = 1024, 16 // structs against the bytes of parameters
	t = new(translations)
	t.parsed, err = otter.New(&otter.Options[written, *oldQuery]{
		MaximumWeight: maxTranslations,
		Weigher:       func(_ written, q *oldQuery) uint32 { return uint32(overhead + copies*q.size) },
	})
	if err == nil {
		t.planned, err = otter.New(&otter.Options[meaning, *translation]{
			MaximumWeight: maxTranslations,
			Weigher:       func(m meaning, _ *translation) uint32 { return uint32(overhead + copies*m.query.size) },
		})
	}
	if err == nil {
		t.answered, err = otter.New(&otter.Options[madeOf, *shared]{
			MaximumWeight: maxTranslations,
			// The reports may be remembered for the answer's sake alone.
			Weigher: func(_ madeOf, s *shared) uint32 { return uint32(overhead + 2*len(s.plain)) },
		})
	}
	if err != nil {
		return nil, fmt.Errorf("web: the memory of translations: %w", err)
	}
	return t, nil
}

// parse reads the parameters of an address, which may hold an embed token that is
// no part of the question.
func (t *translations) parse(method string, at *url.URL, parse func(url.Values) (ua.Query, error)) (*oldQuery, error) {
	parameters := withoutToken(at.RawQuery)
	key := written{method, sha256.Sum256([]byte(parameters))}
	if known, ok := t.parsed.GetIfPresent(key); ok {
		return known, nil
	}
	q, err := parse(at.Query())
	if err != nil {
		return nil, err
	}
	known := &oldQuery{q, len(parameters)}
	t.parsed.Set(key, known)
	return known, nil
}

// withoutToken takes the embed token out of parameters. One that is written in an
// unusual way stays; the question is then remembered for this token alone.
func withoutToken(parameters string) string {
	isToken := func(p string) bool {
		name, _, _ := strings.Cut(p, "=")
		return slices.Contains(tokenParameters, name)
	}
	kept := strings.Split(parameters, "&")
	if !slices.ContainsFunc(kept, isToken) {
		return parameters
	}
	return strings.Join(slices.DeleteFunc(kept, isToken), "&")
}

// plan translates a question.
func (t *translations) plan(m meaning, options func() ua.Options) (*translation, error) {
	if known, ok := t.planned.GetIfPresent(m); ok {
		return known, nil
	}
	plan, err := ua.Translate(m.query.Query, options())
	if err != nil {
		return nil, err
	}
	translated := &translation{Plan: plan}
	for _, q := range plan.Queries() {
		translated.asked = append(translated.asked, policy.NewAsked(q, m.query.size))
	}
	t.planned.Set(m, translated)
	return translated, nil
}

// answer makes the body of an answer.
func (t *translations) answer(of *translation, reports []*report.Report) (body, error) {
	key := madeOf{translation: of}
	if len(reports) <= mostMadeOf {
		for i, r := range reports {
			key.bodies[i] = unsafe.SliceData(r.Body)
		}
		if known, ok := t.answered.GetIfPresent(key); ok {
			return known.body(), nil
		}
	}
	answer, err := of.Answer(reports)
	if err != nil {
		return body{}, err
	}
	b := answer.JSON()
	if len(reports) > mostMadeOf {
		return made(b), nil
	}
	kept := &shared{plain: b}
	t.answered.Set(key, kept)
	return kept.body(), nil
}
