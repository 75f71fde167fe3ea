//go:build linux

package main

import (
	"fmt"
	"maps"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"yolk/scripts/kvm/task"
)

// factor is how much slower than on Linux a job of the stress program may go.
const factor = 2

// turns is how often each of the two runs, one after the other: the host's speed may
// change in between.
const turns = 2

// compare runs a machine and a Linux guest with the stress program.
func compare(t task.Task) error {
	linux, ours := map[string]int{}, map[string]int{}
	for range turns {
		if err := linuxRounds(linux, t); err != nil {
			return err
		}
		if err := rounds(ours, t.Args, t.Want, success); err != nil {
			return err
		}
	}
	var text strings.Builder
	var slow []string
	for _, job := range slices.Sorted(maps.Keys(linux)) {
		fmt.Fprintf(&text, " %s %d/%d", job, ours[job], linux[job])
		if behind(ours[job], linux[job]) {
			slow = append(slow, job)
		}
	}
	fmt.Printf("kvm: %s: rounds here/on Linux:%s\n", t.Name, text.String())
	if slow != nil {
		return fmt.Errorf("less than 1/%d of the Linux guest's rounds: %s", factor, strings.Join(slow, ", "))
	}
	fmt.Printf("kvm: %s: ok\n", t.Name)
	return nil
}

// behind tells whether our rounds are less than those of Linux divided by factor, and
// not by chance: if each were of Linux with the probability factor/(factor+1), so few of
// ours would come in one case of forty (two standard deviations of the binomial
// distribution).
func behind(ours, linux int) bool {
	const p = 1.0 / (factor + 1)
	all := float64(ours + linux)
	return float64(ours) < all*p-2*math.Sqrt(all*p*(1-p))
}

// attempts is how often the Linux guest is tried: the emulated host resets it now and
// then before it has said anything.
const attempts = 3

// linuxRounds is rounds of the Linux guest. Its report is enough: the end of its process
// 1 is a panic, whose text comes between the last that the program wrote.
func linuxRounds(sums map[string]int, t task.Task) (err error) {
	for range attempts {
		if err = rounds(sums, t.Linux, report, linuxSuccess); err == nil {
			return nil
		}
		fmt.Printf("kvm: %s: the Linux guest failed: %v\n", t.Name, err)
	}
	return fmt.Errorf("nothing to compare with: the Linux guest failed in the same place, %d of %d times", attempts, attempts)
}

// report begins the line that says how many rounds each job made in a phase, of which
// there are phases. The first is short, for what grows only once.
const (
	report = "stress: rounds: map["
	phases = 2
)

// round is one count in the stress program's report.
var round = regexp.MustCompile(`([a-z]+):([0-9]+)`)

// rounds runs the stress program and adds the rounds of each job in its second phase
// to sums.
func rounds(sums map[string]int, args []string, want string, status int) error {
	m, err := start(args, want)
	if err != nil {
		return err
	}
	if err := m.end(status); err != nil {
		return err
	}
	reports := strings.Split(m.out.String(), report)[1:]
	if len(reports) != phases {
		return m.fault("it reported %d times, not %d", len(reports), phases)
	}
	list, _, _ := strings.Cut(reports[phases-1], "]")
	for _, r := range round.FindAllStringSubmatch(list, -1) {
		n, _ := strconv.Atoi(r[2])
		sums[r[1]] += n
	}
	return nil
}
