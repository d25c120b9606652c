// Oracle is the referee of Regain's tests: Prometheus' own query engine and storage behind a pipe.
//
// README.md describes the questions and the answers.
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"os"
)

// question is one line of standard input. Exactly one field is set.
type question struct {
	Load  *load  `json:"load"`
	Eval  *eval  `json:"eval"`
	Parse *parse `json:"parse"`
}

func main() {
	if err := serve(os.Stdin, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "oracle:", err)
		os.Exit(1)
	}
}

// serve answers each line of in with a line on out.
func serve(in io.Reader, out io.Writer) error {
	referee := newReferee()
	defer referee.close()
	questions := json.NewDecoder(bufio.NewReader(in))
	questions.DisallowUnknownFields()
	answers := bufio.NewWriter(out)
	lines := json.NewEncoder(answers)
	lines.SetEscapeHTML(false)
	for {
		var asked question
		switch err := questions.Decode(&asked); err {
		case nil:
		case io.EOF:
			return nil
		default:
			return err
		}
		if err := lines.Encode(referee.answer(asked)); err != nil {
			return err
		}
		if err := answers.Flush(); err != nil {
			return err
		}
	}
}

// referee is what stays from question to question.
type referee struct {
	store   *store
	engines map[engineKey]*engine
}

func newReferee() *referee {
	return &referee{engines: map[engineKey]*engine{}}
}

func (r *referee) answer(asked question) any {
	switch {
	case asked.Load != nil:
		return failure{message(r.load(asked.Load))}
	case asked.Eval != nil:
		return r.eval(asked.Eval)
	case asked.Parse != nil:
		return asked.Parse.answer()
	default:
		return failure{"a question is one of load, eval and parse"}
	}
}

// load replaces what was loaded before.
func (r *referee) load(asked *load) error {
	r.close()
	opened, err := openStore()
	if err != nil {
		return err
	}
	r.store = opened
	return opened.add(asked)
}

func (r *referee) close() {
	if r.store != nil {
		r.store.close()
		r.store = nil
	}
}

// failure is the whole answer where there is nothing but success or an error to tell.
type failure struct {
	Error string `json:"error,omitempty"`
}

func message(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}
