package web

import (
	"slices"
	"strings"

	"github.com/oriel-server/oriel/internal/policy"
	"github.com/oriel-server/oriel/internal/report"
	"github.com/oriel-server/oriel/internal/ua"
)

// A meaning is what a translation depends on beside the question and what a
// configuration says of the view.
type meaning struct {
	view  string
	path  string // answers name it
	today report.Date
}

// A translation is the questions for one of Universal Analytics.
type translation struct {
	*ua.Plan
	meaning
	asked []*policy.Asked
}

// translate returns the translation of what was read, which is made when the meaning
// is another than before.
func (r *reading) translate(m meaning, options func() ua.Options) (*translation, error) {
	if last := r.last.Load(); last != nil && last.meaning == m {
		return last, nil
	}
	plan, err := ua.Translate(r.old, options())
	if err != nil {
		return nil, err
	}
	t := &translation{plan, m, remembered(plan.Queries(), r.size)}
	r.last.Store(t)
	return t, nil
}

// answer makes the body of an answer. One of one report, as most are, is kept with it.
func (t *translation) answer(reports []*report.Report) (body, error) {
	if len(reports) != 1 {
		answer, err := t.Answer(reports)
		if err != nil {
			return body{}, err
		}
		return made(answer.JSON()), nil
	}
	kept, err := reports[0].Form(t, func() (any, error) {
		answer, err := t.Answer(reports)
		if err != nil {
			return nil, err
		}
		return &shared{plain: answer.JSON()}, nil
	})
	if err != nil {
		return body{}, err
	}
	return kept.(*shared).body(), nil
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
