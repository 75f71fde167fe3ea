package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"text/tabwriter"
)

// A Report is all that a soak found.
type Report struct{ Attacks []Attack }

// An Attack is what became of a machine and its polite clients. Times are in
// seconds, memory in bytes, rates in requests a second.
type Attack struct {
	Machine, Name    string
	Strength         int
	Did              string // by the attackers
	Polite           string // how the polite fared meanwhile
	Lost             string // packets, and connections that were ended for want of memory
	Answered         int
	Failed, Late     int     // polite requests: without an answer, and beyond the bound
	Starved          int     // and beyond it by the host's doing
	Longest          float64 // wait of a polite request
	Rate, After      float64 // quiet, and after the attack
	Share            float64 // of the quiet rate, relative to the twin's
	Cost             float64 // of a request in the host's processor time, relative to the same
	Low, High        float64 // between which it is
	Settled          float64 // until memory was back, after the last attack
	Start, Peak, End uint64  // RAM in use
	Network, Budget  uint64  // the most that the network took, and may; 0 where it is not told
	Wrong            []string

	err error
}

// note keeps what is wrong.
func (a *Attack) note(err error) {
	if err != nil {
		a.err = errors.Join(a.err, err)
		a.Wrong = append(a.Wrong, err.Error())
	}
}

func (a *Attack) name() string {
	if a.Strength == 0 {
		return a.Name
	}
	return fmt.Sprintf("%s=%d", a.Name, a.Strength)
}

func mib(n uint64) float64 { return float64(n) / (1 << 20) }

func (a Attack) String() string {
	state := "ok"
	if len(a.Wrong) > 0 {
		state = "WRONG"
	}
	s := fmt.Sprintf("%s, %s: %s, memory %.1f -> %.1f (network %.1f of %.1f) -> %.1f MiB", a.Machine, a.name(), state, mib(a.Start), mib(a.Peak), mib(a.Network), mib(a.Budget), mib(a.End))
	if a.Settled > 0 {
		s += fmt.Sprintf(" in %.1f s", a.Settled)
	}
	if a.Did != "" {
		s += fmt.Sprintf("\n\tattack: %s\n\tpolite: %s\n\tlost: %s\n\tafter: %.3f of the quiet rate (%.3f to %.3f), at %.3f of its cost",
			a.Did, a.Polite, a.Lost, a.Share, a.Low, a.High, a.Cost)
	}
	for _, w := range a.Wrong {
		s += "\n\tWRONG: " + strings.ReplaceAll(w, "\n", "\n\t")
	}
	return s
}

// print writes one line for each attack.
func (r *Report) print(w io.Writer) {
	t := tabwriter.NewWriter(w, 0, 8, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(t, "machine\tattack\tanswered\tfailed\tlate\tstarved\tlongest, s\tquiet, /s\tafter\tMiB before\tmost\tnetwork\tafter\t\t")
	for _, a := range r.Attacks {
		state := "ok"
		if len(a.Wrong) > 0 {
			state = "WRONG"
		}
		fmt.Fprintf(t, "%s\t%s\t%d\t%d\t%d\t%d\t%.2f\t%.0f\t%.3f\t%.1f\t%.1f\t%.1f\t%.1f\t%s\t\n", a.Machine, a.name(), a.Answered, a.Failed, a.Late, a.Starved,
			a.Longest, a.Rate, a.Share, mib(a.Start), mib(a.Peak), mib(a.Network), mib(a.End), state)
	}
	t.Flush()
}

// write stores the report as JSON and as a picture, where files are named.
func (r *Report) write(text, picture string) error {
	var errs error
	if text != "" {
		b, err := json.MarshalIndent(r, "", "  ")
		errs = errors.Join(err, os.WriteFile(text, append(b, '\n'), 0o644))
	}
	if picture != "" {
		errs = errors.Join(errs, os.WriteFile(picture, r.draw(), 0o644))
	}
	return errs
}

// verdict is an error if anything was wrong.
func (r *Report) verdict() error {
	wrong := 0
	for _, a := range r.Attacks {
		if len(a.Wrong) > 0 {
			wrong++
		}
	}
	if wrong > 0 {
		return fmt.Errorf("%d of %d attacks did harm", wrong, len(r.Attacks))
	}
	return nil
}
