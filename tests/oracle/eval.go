package main

import (
	"context"
	"slices"
	"time"

	"github.com/prometheus/prometheus/promql"
)

// eval asks for the value of an expression: at StartMS where StepMS is 0, otherwise every StepMS from
// there to EndMS.
type eval struct {
	Expr       string   `json:"expr"`
	StartMS    int64    `json:"start_ms"`
	EndMS      int64    `json:"end_ms"`
	StepMS     int64    `json:"step_ms"`
	LookbackMS int64    `json:"lookback_ms"`
	Features   []string `json:"features"`
}

const (
	samplesMax = 50_000_000
	timeout    = 2 * time.Minute
	// The step of a subquery that names none.
	intervalMS = 60_000
)

// engineKey is what engines differ in.
type engineKey struct {
	delayedNames, types, starts                   bool
	experimental, durations, selectors, modifiers bool
}

type engine = promql.Engine

func (r *referee) engine(features []string) *engine {
	has := func(feature string) bool { return slices.Contains(features, feature) }
	syntax := options(features)
	key := engineKey{
		delayedNames: has("promql-delayed-name-removal"),
		types:        has("type-and-unit-labels"),
		starts:       has("use-start-timestamps"),
		experimental: syntax.EnableExperimentalFunctions,
		durations:    syntax.ExperimentalDurationExpr,
		selectors:    syntax.EnableExtendedRangeSelectors,
		modifiers:    syntax.EnableBinopFillModifiers,
	}
	if known, ok := r.engines[key]; ok {
		return known
	}
	made := promql.NewEngine(promql.EngineOpts{
		MaxSamples:               samplesMax,
		Timeout:                  timeout,
		EnablePerStepStats:       true,
		NoStepSubqueryIntervalFn: func(int64) int64 { return intervalMS },
		EnableAtModifier:         true,
		EnableNegativeOffset:     true,
		EnableDelayedNameRemoval: key.delayedNames,
		EnableTypeAndUnitLabels:  key.types,
		UseStartTimestamps:       key.starts,
		Parser:                   newParser(features),
	})
	r.engines[key] = made
	return made
}

func (r *referee) eval(asked *eval) any {
	if r.store == nil {
		return failure{"nothing is loaded"}
	}
	query, err := r.query(asked)
	if err != nil {
		return failure{err.Error()}
	}
	defer query.Close()
	result := query.Exec(context.Background())
	answer := render(result.Value)
	answer.Error = message(result.Err)
	answer.Warnings, answer.Infos = result.Warnings.AsStrings(asked.Expr, 0, 0)
	slices.Sort(answer.Warnings)
	slices.Sort(answer.Infos)
	if result.Err == nil {
		answer.Stats = counted(query.Stats().Samples)
	}
	return answer
}

func (r *referee) query(asked *eval) (promql.Query, error) {
	engine, ctx := r.engine(asked.Features), context.Background()
	lookback := time.Duration(asked.LookbackMS) * time.Millisecond
	settings := promql.NewPrometheusQueryOpts(true, lookback)
	start, end := time.UnixMilli(asked.StartMS), time.UnixMilli(asked.EndMS)
	if asked.StepMS == 0 {
		return engine.NewInstantQuery(ctx, r.store.db, settings, asked.Expr, start)
	}
	step := time.Duration(asked.StepMS) * time.Millisecond
	return engine.NewRangeQuery(ctx, r.store.db, settings, asked.Expr, start, end, step)
}
