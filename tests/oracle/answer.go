package main

import (
	"strconv"

	"github.com/prometheus/prometheus/model/histogram"
	"github.com/prometheus/prometheus/promql"
	"github.com/prometheus/prometheus/promql/parser"
	"github.com/prometheus/prometheus/util/stats"
)

// answer is the value of an expression. A scalar is a series without labels.
type answer struct {
	Type     string   `json:"type,omitempty"`
	Series   []series `json:"series,omitempty"`
	Text     string   `json:"text,omitempty"`
	Warnings []string `json:"warnings,omitempty"`
	Infos    []string `json:"infos,omitempty"`
	Error    string   `json:"error,omitempty"`
	Stats    *samples `json:"stats,omitempty"`
}

// samples are what a query looked at, read and held, and the first two for each step.
type samples struct {
	Total        int64   `json:"total"`
	Read         int64   `json:"read"`
	Peak         int     `json:"peak"`
	TotalPerStep []int64 `json:"total_per_step"`
	ReadPerStep  []int64 `json:"read_per_step"`
}

func counted(of *stats.QuerySamples) *samples {
	return &samples{of.TotalSamples, of.SamplesRead, of.PeakSamples, of.TotalSamplesPerStep, of.SamplesReadPerStep}
}

type series struct {
	Labels     map[string]string `json:"labels"`
	Floats     []float           `json:"floats,omitempty"`
	Histograms []native          `json:"histograms,omitempty"`
}

type float struct {
	T int64  `json:"t"`
	V number `json:"v"`
}

// number is written as the shortest text that gives back the same bits, infinities and NaN included.
type number float64

func (n number) MarshalText() ([]byte, error) {
	return strconv.AppendFloat(nil, float64(n), 'g', -1, 64), nil
}

type native struct {
	T             int64    `json:"t"`
	Schema        int32    `json:"schema"`
	Count         number   `json:"count"`
	Sum           number   `json:"sum"`
	ZeroThreshold number   `json:"zero_threshold"`
	ZeroCount     number   `json:"zero_count"`
	Positive      []bucket `json:"positive,omitempty"`
	Negative      []bucket `json:"negative,omitempty"`
	Bounds        []number `json:"bounds,omitempty"`
	Hint          string   `json:"hint"`
}

// bucket is one that is not empty.
type bucket struct {
	Index int32  `json:"index"`
	Count number `json:"count"`
}

func render(value parser.Value) answer {
	if value == nil {
		return answer{}
	}
	result := answer{Type: string(value.Type())}
	switch value := value.(type) {
	case promql.String:
		result.Text = value.V
	case promql.Scalar:
		point := float{value.T, number(value.V)}
		result.Series = []series{{Labels: map[string]string{}, Floats: []float{point}}}
	case promql.Vector:
		for _, sample := range value {
			one := series{Labels: sample.Metric.Map()}
			one.add(sample.T, sample.F, sample.H)
			result.Series = append(result.Series, one)
		}
	case promql.Matrix:
		for _, held := range value {
			one := series{Labels: held.Metric.Map()}
			for _, point := range held.Floats {
				one.add(point.T, point.F, nil)
			}
			for _, point := range held.Histograms {
				one.add(point.T, 0, point.H)
			}
			result.Series = append(result.Series, one)
		}
	}
	return result
}

func (s *series) add(t int64, value float64, held *histogram.FloatHistogram) {
	if held == nil {
		s.Floats = append(s.Floats, float{t, number(value)})
		return
	}
	s.Histograms = append(s.Histograms, native{
		T:             t,
		Schema:        held.Schema,
		Count:         number(held.Count),
		Sum:           number(held.Sum),
		ZeroThreshold: number(held.ZeroThreshold),
		ZeroCount:     number(held.ZeroCount),
		Positive:      buckets(held.PositiveSpans, held.PositiveBuckets),
		Negative:      buckets(held.NegativeSpans, held.NegativeBuckets),
		Bounds:        numbers(held.CustomValues),
		Hint:          hints[held.CounterResetHint],
	})
}

var hints = map[histogram.CounterResetHint]string{
	histogram.UnknownCounterReset: "unknown",
	histogram.CounterReset:        "reset",
	histogram.NotCounterReset:     "not_reset",
	histogram.GaugeType:           "gauge",
}

func buckets(spans []histogram.Span, counts []float64) []bucket {
	var result []bucket
	index, next := int32(0), 0
	for _, span := range spans {
		index += span.Offset
		for range span.Length {
			if counts[next] != 0 {
				result = append(result, bucket{index, number(counts[next])})
			}
			index++
			next++
		}
	}
	return result
}

func numbers(values []float64) []number {
	var result []number
	for _, value := range values {
		result = append(result, number(value))
	}
	return result
}
