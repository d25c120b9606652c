package main

import (
	"errors"
	"slices"

	"github.com/prometheus/prometheus/promql/parser"
)

// parse asks what the parser says about an expression.
type parse struct {
	Expr     string   `json:"expr"`
	Features []string `json:"features"`
}

// parsed has either errors or all the rest.
type parsed struct {
	Errors []string `json:"errors,omitempty"`
	Type   string   `json:"type,omitempty"`
	// Printed is the expression in one line, Pretty as the formatting endpoint has it.
	Printed string `json:"printed,omitempty"`
	Pretty  string `json:"pretty,omitempty"`
}

// options are those that the features of the language turn on.
func options(features []string) parser.Options {
	has := func(feature string) bool { return slices.Contains(features, feature) }
	return parser.Options{
		EnableExperimentalFunctions:  has("promql-experimental-functions"),
		ExperimentalDurationExpr:     has("promql-duration-expr"),
		EnableExtendedRangeSelectors: has("promql-extended-range-selectors"),
		EnableBinopFillModifiers:     has("promql-binop-fill-modifiers"),
	}
}

func newParser(features []string) parser.Parser {
	return parser.NewParser(options(features))
}

func (p *parse) answer() parsed {
	expr, err := newParser(p.Features).ParseExpr(p.Expr)
	if err == nil {
		return parsed{Type: string(expr.Type()), Printed: expr.String(), Pretty: parser.Prettify(expr)}
	}
	var several parser.ParseErrors
	if !errors.As(err, &several) {
		return parsed{Errors: []string{err.Error()}}
	}
	var answer parsed
	for _, one := range several {
		answer.Errors = append(answer.Errors, one.Error())
	}
	return answer
}
