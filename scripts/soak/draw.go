package main

import "yolk/scripts/chart"

// draw renders what the polite noticed of each attack. What is against a bound is in
// another colour.
func (r *Report) draw() []byte {
	wait := chart.Panel{Title: "Longest wait of a polite request during an attack (log scale; 1000 is the bound)", Unit: " ms", Log: true}
	rate := chart.Panel{Title: "Rate of the polite after the attack, of their quiet rate", Unit: " %"}
	memory := chart.Panel{Title: "Most memory in use during the attack", Unit: " MiB", Log: true}
	for _, a := range r.Attacks {
		if a.Strength == 0 {
			continue // the rest after the last
		}
		name := a.Machine + ", " + a.Name
		wait.Bars = append(wait.Bars, chart.Bar{Name: name, Ink: ink(a.Failed+a.Late == 0), Value: 1000 * a.Longest})
		rate.Bars = append(rate.Bars, chart.Bar{Name: name, Ink: ink(a.High >= leastShare), Value: 100 * a.Share})
		memory.Bars = append(memory.Bars, chart.Bar{Name: name, Ink: ink(a.Share > 0), Value: mib(a.Peak)})
	}
	return chart.Draw(wait, rate, memory)
}

func ink(ok bool) string {
	if ok {
		return chart.Ours
	}
	return chart.Wrong
}
