package main

import (
	"fmt"
	"reflect"

	"go.starlark.net/syntax"
)

// rewrite makes x + y and x * y calls of names, x += y one of "+=" for what is added, and
// x *= y the same as x = x * y.
func rewrite(file *syntax.File) error {
	var r rewriter
	r.node(reflect.ValueOf(file).Elem())
	return r.err
}

type rewriter struct{ err error }

// node goes through the fields of a syntax node, of whatever type, and replaces what
// expressions they have. Fields that are no nodes, and no lists of them, have none.
func (r *rewriter) node(n reflect.Value) {
	for i := range n.NumField() {
		switch f := n.Field(i); {
		case !n.Type().Field(i).IsExported():
		case f.Kind() == reflect.Slice:
			for k := range f.Len() {
				r.field(f.Index(k))
			}
		default:
			r.field(f)
		}
	}
}

// field is one that may refer to a node.
func (r *rewriter) field(f reflect.Value) {
	if f.Kind() != reflect.Interface && f.Kind() != reflect.Pointer || f.IsNil() {
		return
	}
	n, ok := f.Interface().(syntax.Node)
	if !ok {
		return
	}
	r.node(reflect.ValueOf(n).Elem())
	switch n := n.(type) {
	case *syntax.BinaryExpr:
		if n.Op == syntax.PLUS || n.Op == syntax.STAR {
			f.Set(reflect.ValueOf(call(n.OpPos, n.Op, n.X, n.Y)))
		}
	case *syntax.AssignStmt:
		r.assignment(n)
	}
}

func (r *rewriter) assignment(n *syntax.AssignStmt) {
	switch n.Op {
	case syntax.PLUS_EQ: // which changes a list in place
		n.RHS = call(n.OpPos, n.Op, n.RHS)
	case syntax.STAR_EQ:
		x, ok := n.LHS.(*syntax.Ident)
		if !ok && r.err == nil {
			r.err = fmt.Errorf("%v: here `*=` is for names only: write x[i] = x[i] * y", n.OpPos)
		}
		if ok {
			n.Op, n.RHS = syntax.EQ, call(n.OpPos, syntax.STAR, &syntax.Ident{NamePos: x.NamePos, Name: x.Name}, n.RHS)
		}
	}
}

// call calls the function that has an operator's name.
func call(at syntax.Position, op syntax.Token, args ...syntax.Expr) syntax.Expr {
	return &syntax.CallExpr{Fn: &syntax.Ident{NamePos: at, Name: op.String()}, Lparen: at, Args: args, Rparen: at}
}
