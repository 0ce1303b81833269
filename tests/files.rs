//! What clients ask of files and folders beside their bytes.

mod attributes;
mod characters;
mod crowded;
mod digests;
mod directories;
mod facts;
mod folder_files;
mod folder_files_attacked;
mod hidden;
mod hiding;
mod listings;
mod owners;
mod unique;
mod waiting;
