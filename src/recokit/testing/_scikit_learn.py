"""scikit-learn's estimator checks that do not apply to recommenders."""

__all__ = ["INAPPLICABLE_SKLEARN_CHECKS"]

_OTHER_COLUMNS = "fits an X that does not have two columns and so holds no (user, item) pairs"

#: Checks of ``sklearn.utils.estimator_checks.check_estimator`` that cannot apply to recommenders, with the reasons; to
#: pass as its argument ``expected_failed_checks``. All other checks pass.
INAPPLICABLE_SKLEARN_CHECKS: dict[str, str] = {
    "check_dict_unchanged": _OTHER_COLUMNS,
    "check_dont_overwrite_parameters": _OTHER_COLUMNS,
    "check_dtype_object": _OTHER_COLUMNS,
    "check_estimators_dtypes": _OTHER_COLUMNS,
    "check_estimators_empty_data_messages": "expects scikit-learn's error message for an X without columns",
    "check_estimators_nan_inf": _OTHER_COLUMNS,
    "check_estimators_pickle": _OTHER_COLUMNS,
    "check_f_contiguous_array_estimator": _OTHER_COLUMNS,
    "check_fit2d_1sample": _OTHER_COLUMNS,
    "check_fit2d_predict1d": _OTHER_COLUMNS,
    "check_fit_score_takes_y": _OTHER_COLUMNS,
    "check_methods_sample_order_invariance": _OTHER_COLUMNS,
    "check_methods_subset_invariance": _OTHER_COLUMNS,
    "check_n_features_in_after_fitting": _OTHER_COLUMNS,
    "check_non_transformer_estimators_n_iter": _OTHER_COLUMNS,
    "check_pipeline_consistency": _OTHER_COLUMNS,
    "check_positive_only_tag_during_fit": _OTHER_COLUMNS,
    "check_regressor_data_not_an_array": _OTHER_COLUMNS,
    "check_regressors_int": _OTHER_COLUMNS,
    "check_regressors_no_decision_function": _OTHER_COLUMNS,
    "check_regressors_train": _OTHER_COLUMNS,
    "check_requires_y_none": "expects scikit-learn's error message for pairs without ratings",
    "check_supervised_y_2d": _OTHER_COLUMNS,
}
