package main

import (
	"context"
	"fmt"
	"math"
	"os"
	"time"

	"github.com/prometheus/prometheus/model/histogram"
	"github.com/prometheus/prometheus/promql/parser"
	"github.com/prometheus/prometheus/storage"
	"github.com/prometheus/prometheus/tsdb"
	"github.com/prometheus/prometheus/tsdb/chunkenc"
)

// load asks for a fresh store with these series, created in this order.
type load struct {
	// StepMS is the time between two values of a series, the first of which is at 0.
	StepMS int64 `json:"step_ms"`
	Series []struct {
		// Text is a series in the notation of promqltest: metric{label="value"} 1 _ 2x3 {{...}}.
		Text string `json:"text"`
		// StartsMS are the start timestamps of the values, 0 where one has none.
		StartsMS []int64 `json:"starts_ms"`
		// Integer says that histograms are kept as those of integers.
		Integer bool `json:"integer"`
	} `json:"series"`
}

// store is a TSDB in a directory of its own.
type store struct {
	db  *tsdb.DB
	dir string
}

func openStore() (*store, error) {
	dir, err := os.MkdirTemp("", "oracle")
	if err != nil {
		return nil, err
	}
	options := tsdb.DefaultOptions()
	// Series come one after another, so each may begin long before the newest sample of the last one.
	options.MinBlockDuration = int64(48 * time.Hour / time.Millisecond)
	options.MaxBlockDuration = options.MinBlockDuration
	options.RetentionDuration = 0
	options.WALSegmentSize = -1
	options.EnableSTStorage = true
	options.EnableHistogramSTEncoding = true
	options.XOR2EncodingAllowed = true
	options.FloatChunkEncoding = chunkenc.EncXOR2
	db, err := tsdb.Open(dir, nil, nil, options, tsdb.NewDBStats())
	if err != nil {
		os.RemoveAll(dir)
		return nil, err
	}
	return &store{db, dir}, nil
}

func (s *store) close() {
	s.db.Close()
	os.RemoveAll(s.dir)
}

func (s *store) add(asked *load) error {
	notation := parser.NewParser(parser.Options{})
	appender := s.db.AppenderV2(context.Background())
	for _, series := range asked.Series {
		labels, values, err := notation.ParseSeriesDesc(series.Text)
		if err != nil {
			return fmt.Errorf("%s: %w", series.Text, err)
		}
		var ref storage.SeriesRef
		for i, value := range values {
			if value.Omitted {
				continue
			}
			t, st := int64(i)*asked.StepMS, int64(0)
			if i < len(series.StartsMS) {
				st = series.StartsMS[i]
			}
			var whole *histogram.Histogram
			if value.Histogram != nil && series.Integer {
				if whole, err = integers(value.Histogram); err != nil {
					return fmt.Errorf("%s at %d: %w", labels, t, err)
				}
				value.Histogram = nil
			}
			ref, err = appender.Append(ref, labels, st, t, value.Value, whole, value.Histogram, storage.AppendV2Options{})
			if err != nil {
				return fmt.Errorf("%s at %d: %w", labels, t, err)
			}
		}
	}
	return appender.Commit()
}

// integers is a histogram with the same counts, which have to be integers.
func integers(of *histogram.FloatHistogram) (*histogram.Histogram, error) {
	whole := &histogram.Histogram{
		CounterResetHint: of.CounterResetHint,
		Schema:           of.Schema,
		ZeroThreshold:    of.ZeroThreshold,
		ZeroCount:        uint64(of.ZeroCount),
		Count:            uint64(of.Count),
		Sum:              of.Sum,
		PositiveSpans:    of.PositiveSpans,
		NegativeSpans:    of.NegativeSpans,
		PositiveBuckets:  deltas(of.PositiveBuckets),
		NegativeBuckets:  deltas(of.NegativeBuckets),
		CustomValues:     of.CustomValues,
	}
	back := whole.ToFloat(nil)
	if back.CounterResetHint = of.CounterResetHint; !back.Equals(of) {
		return nil, fmt.Errorf("no histogram of integers: %s", of)
	}
	return whole, nil
}

func deltas(counts []float64) []int64 {
	var result []int64
	last := int64(0)
	for _, count := range counts {
		next := int64(math.Round(count))
		result = append(result, next-last)
		last = next
	}
	return result
}
