// OAuth 2.0 Form Post Response Mode: the page's one form submits itself.
document.getElementById("form-post").submit();
