package emulator

// The request messages of the Data API v1beta, as discovery revision 20261006
// describes them.

func text(name string) fieldType     { return fieldType{name: name, kind: kindString} }
func boolean(name string) fieldType  { return fieldType{name: name, kind: kindBool} }
func long(name string) fieldType     { return fieldType{name: name, kind: kindInt64} }
func number32(name string) fieldType { return fieldType{name: name, kind: kindInt32} }

func of(name string, m func() *messageType) fieldType {
	return fieldType{name: name, kind: kindMessage, message: m}
}

func many(f fieldType) fieldType {
	f.repeated = true
	return f
}

func one(oneof string, f fieldType) fieldType {
	f.oneof = oneof
	return f
}

func enumOf(name, enum string, values ...string) fieldType {
	return fieldType{name: name, kind: kindEnum, enum: &enumType{enum, values}}
}

func messageOf(name string, fields ...fieldType) *messageType { return &messageType{name, fields} }

func aggregationField(name string) fieldType {
	return many(enumOf(name, "MetricAggregation",
		"METRIC_AGGREGATION_UNSPECIFIED", "TOTAL", "", "", "COUNT", "MINIMUM", "MAXIMUM"))
}

func runReportType() *messageType {
	return messageOf("RunReportRequest",
		text("property"), many(of("dimensions", dimensionType)), many(of("metrics", metricType)),
		many(of("date_ranges", dateRangeType)), of("dimension_filter", filterExpressionType),
		of("metric_filter", filterExpressionType), long("offset"), long("limit"),
		aggregationField("metric_aggregations"), many(of("order_bys", orderByType)), text("currency_code"),
		of("cohort_spec", cohortSpecType), boolean("keep_empty_rows"), boolean("return_property_quota"),
		many(of("comparisons", comparisonType)))
}

func runPivotReportType() *messageType {
	return messageOf("RunPivotReportRequest",
		text("property"), many(of("dimensions", dimensionType)), many(of("metrics", metricType)),
		many(of("date_ranges", dateRangeType)), many(of("pivots", pivotType)), of("dimension_filter", filterExpressionType),
		of("metric_filter", filterExpressionType), text("currency_code"), of("cohort_spec", cohortSpecType),
		boolean("keep_empty_rows"), boolean("return_property_quota"), many(of("comparisons", comparisonType)))
}

func pivotType() *messageType {
	return messageOf("Pivot", many(text("field_names")), many(of("order_bys", orderByType)), long("offset"), long("limit"),
		aggregationField("metric_aggregations"))
}

func batchRunPivotReportsType() *messageType {
	return messageOf("BatchRunPivotReportsRequest", text("property"), many(of("requests", runPivotReportType)))
}

func runRealtimeReportType() *messageType {
	return messageOf("RunRealtimeReportRequest",
		text("property"), many(of("dimensions", dimensionType)), many(of("metrics", metricType)),
		of("dimension_filter", filterExpressionType), of("metric_filter", filterExpressionType),
		long("limit"), aggregationField("metric_aggregations"), many(of("order_bys", orderByType)),
		boolean("return_property_quota"), many(of("minute_ranges", minuteRangeType)))
}

func batchRunReportsType() *messageType {
	return messageOf("BatchRunReportsRequest", text("property"), many(of("requests", runReportType)))
}

func checkCompatibilityType() *messageType {
	return messageOf("CheckCompatibilityRequest",
		text("property"), many(of("dimensions", dimensionType)), many(of("metrics", metricType)),
		of("dimension_filter", filterExpressionType), of("metric_filter", filterExpressionType),
		enumOf("compatibility_filter", "Compatibility", "COMPATIBILITY_UNSPECIFIED", "COMPATIBLE", "INCOMPATIBLE"))
}

func dimensionType() *messageType {
	return messageOf("Dimension", text("name"), of("dimension_expression", dimensionExpressionType))
}

func dimensionExpressionType() *messageType {
	changeCase := func() *messageType { return messageOf("CaseExpression", text("dimension_name")) }
	concatenate := func() *messageType {
		return messageOf("ConcatenateExpression", many(text("dimension_names")), text("delimiter"))
	}
	const expr = "one_expression"
	return messageOf("DimensionExpression",
		one(expr, of("lower_case", changeCase)), one(expr, of("upper_case", changeCase)), one(expr, of("concatenate", concatenate)))
}

func metricType() *messageType {
	return messageOf("Metric", text("name"), text("expression"), boolean("invisible"))
}

func dateRangeType() *messageType {
	return messageOf("DateRange", text("start_date"), text("end_date"), text("name"))
}

func minuteRangeType() *messageType {
	return messageOf("MinuteRange", number32("start_minutes_ago"), number32("end_minutes_ago"), text("name"))
}

func filterExpressionType() *messageType {
	const expr = "expr"
	return messageOf("FilterExpression",
		one(expr, of("and_group", filterListType)), one(expr, of("or_group", filterListType)),
		one(expr, of("not_expression", filterExpressionType)), one(expr, of("filter", filterType)))
}

func filterListType() *messageType {
	return messageOf("FilterExpressionList", many(of("expressions", filterExpressionType)))
}

func filterType() *messageType {
	const kinds = "one_filter"
	return messageOf("Filter", text("field_name"),
		one(kinds, of("string_filter", stringFilterType)), one(kinds, of("in_list_filter", inListFilterType)),
		one(kinds, of("numeric_filter", numericFilterType)), one(kinds, of("between_filter", betweenFilterType)),
		one(kinds, of("empty_filter", func() *messageType { return messageOf("EmptyFilter") })))
}

func stringFilterType() *messageType {
	return messageOf("StringFilter",
		enumOf("match_type", "Filter.StringFilter.MatchType", "MATCH_TYPE_UNSPECIFIED", "EXACT", "BEGINS_WITH",
			"ENDS_WITH", "CONTAINS", "FULL_REGEXP", "PARTIAL_REGEXP"),
		text("value"), boolean("case_sensitive"))
}

func inListFilterType() *messageType {
	return messageOf("InListFilter", many(text("values")), boolean("case_sensitive"))
}

func numericFilterType() *messageType {
	return messageOf("NumericFilter",
		enumOf("operation", "Filter.NumericFilter.Operation", "OPERATION_UNSPECIFIED", "EQUAL", "LESS_THAN",
			"LESS_THAN_OR_EQUAL", "GREATER_THAN", "GREATER_THAN_OR_EQUAL"),
		of("value", numericValueType))
}

func betweenFilterType() *messageType {
	return messageOf("BetweenFilter", of("from_value", numericValueType), of("to_value", numericValueType))
}

func numericValueType() *messageType {
	const value = "one_value"
	return messageOf("NumericValue", one(value, long("int64_value")),
		one(value, fieldType{name: "double_value", kind: kindDouble}))
}

func orderByType() *messageType {
	const by = "one_order_by"
	metric := func() *messageType { return messageOf("MetricOrderBy", text("metric_name")) }
	dimension := func() *messageType {
		return messageOf("DimensionOrderBy", text("dimension_name"),
			enumOf("order_type", "OrderBy.DimensionOrderBy.OrderType", "ORDER_TYPE_UNSPECIFIED", "ALPHANUMERIC",
				"CASE_INSENSITIVE_ALPHANUMERIC", "NUMERIC"))
	}
	pivot := func() *messageType {
		selection := func() *messageType {
			return messageOf("PivotSelection", text("dimension_name"), text("dimension_value"))
		}
		return messageOf("PivotOrderBy", text("metric_name"), many(of("pivot_selections", selection)))
	}
	return messageOf("OrderBy", one(by, of("metric", metric)), one(by, of("dimension", dimension)),
		one(by, of("pivot", pivot)), boolean("desc"))
}

func cohortSpecType() *messageType {
	cohort := func() *messageType {
		return messageOf("Cohort", text("name"), text("dimension"), of("date_range", dateRangeType))
	}
	span := func() *messageType {
		return messageOf("CohortsRange",
			enumOf("granularity", "CohortsRange.Granularity", "GRANULARITY_UNSPECIFIED", "DAILY", "WEEKLY", "MONTHLY"),
			number32("start_offset"), number32("end_offset"))
	}
	settings := func() *messageType { return messageOf("CohortReportSettings", boolean("accumulate")) }
	return messageOf("CohortSpec", many(of("cohorts", cohort)), of("cohorts_range", span), of("cohort_report_settings", settings))
}

func comparisonType() *messageType {
	const kinds = "one_comparison"
	return messageOf("Comparison", text("name"), one(kinds, of("dimension_filter", filterExpressionType)), one(kinds, text("comparison")))
}
