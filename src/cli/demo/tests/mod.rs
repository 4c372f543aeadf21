mod site;
mod summary;
mod view;
